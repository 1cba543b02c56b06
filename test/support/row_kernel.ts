/** The kernels on rows of a caller's arrays, between canaries like those of the engine. */
import { assembleRowModule, rowKernelSources } from "../../src/kernels/wasm/row_module.js";
import { WasmKernels } from "./wasm_kernel.js";

let compiled: WebAssembly.Module | undefined;

export function rowKernels(): WasmKernels {
  return new WasmKernels({
    sources: rowKernelSources,
    shared: false,
    open(memory) {
      compiled ??= new WebAssembly.Module(assembleRowModule() as BufferSource);
      const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
      return (index) => exports[rowKernelSources[index].name] as never;
    },
  });
}
