import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../browser/package_build.js";
import { packPackage } from "./packed.js";
import { installTools } from "./tools.js";

/** The least that README names, the oldest in wide use, the last of each line. */
const VERSIONS: Readonly<Record<string, string>> = {
  "typescript-5.0": "npm:typescript@5.0.4",
  "typescript-5.4": "npm:typescript@5.4.5",
  "typescript-6": "npm:typescript@6.0.3",
  "typescript-7": "npm:typescript@7.0.2",
};

let folder: string;
const compilers = new Map<string, string>([["our own", join(root, "node_modules/typescript/bin/tsc")]]);
beforeAll(async () => {
  const packed = await packPackage("types");
  folder = mkdtempSync(join(tmpdir(), "unifool-types-"));
  mkdirSync(join(folder, "node_modules/@tensorflow"), { recursive: true });
  symlinkSync(packed.folder, join(folder, "node_modules/unifool"));
  const tfjs = "node_modules/@tensorflow/tfjs-core";
  symlinkSync(join(root, tfjs), join(folder, tfjs));
  const tools = await installTools("typescript", VERSIONS);
  if (tools) for (const name of Object.keys(VERSIONS)) compilers.set(name, join(tools, name, "bin/tsc"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Settings {
  readonly compiler?: string;
  readonly module?: string;
  readonly moduleResolution?: string;
  readonly types?: readonly string[];
  readonly lib?: readonly string[];
  readonly skipLibCheck?: boolean;
}

/** What the compiler prints of a user's file, the declarations checked too: nothing where all is well. */
function errorsOf(source: string, { compiler = "our own", ...options }: Settings = {}): string {
  writeFileSync(join(folder, "user.mts"), source);
  const compilerOptions = {
    target: "ES2022",
    module: "NodeNext",
    moduleResolution: options.module ? undefined : "NodeNext",
    lib: ["ES2022", "DOM"],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
    typeRoots: [`${root}node_modules`, `${root}node_modules/@types`],
    // The package is linked: what it imports is looked for beside the link.
    preserveSymlinks: true,
    ...options,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.mts"] }));
  try {
    return execFileSync(process.execPath, [compilers.get(compiler)!, "-p", folder], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

const entries = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).exports)
  .filter((path) => !/json$|tfjs$|worker$/.test(path))
  .map((path) => path.replace(".", "unifool"));

const SOURCE = `
import { compile, deepfool, type Engine, universalPerturbation } from "unifool";
import "unifool/worker";
${entries.map((path, i) => `import * as entry${i} from "${path}";`).join("\n")}
export const calls = [compile, deepfool, universalPerturbation, ${entries.map((_, i) => `entry${i}`)}];
export function end(engine: Engine): void {
  engine[Symbol.dispose]();
}
`;
const USING = `${SOURCE}
export async function labels(images: Float32Array): Promise<Int32Array> {
  using net = await compile("model.json");
  return (await net.logits(images)).labels;
}
`;

describe("the declarations that are published", () => {
  it("compile without the types of Node, WebGPU or tfjs", () => {
    expect(errorsOf(USING)).toBe("");
  });

  it("compile with those of WebGPU and Node", () => {
    const source = `${USING}export const size = (device: GPUDevice): number => device.limits.maxBufferSize;\n`;
    expect(errorsOf(source, { types: ["@webgpu/types", "node"] })).toBe("");
  });

  it("compile with what TypeScript declares of disposables", () => {
    expect(errorsOf(USING, { lib: ["ES2022", "DOM", "ESNext.Disposable"] })).toBe("");
  });

  it("compile with tensors, where tfjs is installed", () => {
    const source = `${SOURCE}export { deepfool as onTensors } from "unifool/tfjs";\n`;
    // The declarations of tfjs need those of much else.
    expect(errorsOf(source, { skipLibCheck: true, lib: ["ES2022", "DOM", "ESNext.Disposable"] })).toBe("");
  });

  it("say what is wrong of a wrong call", () => {
    expect(
      errorsOf(`import { compile } from "unifool";\ncompile("model.json", { backend: "fpga" });\n`),
    ).toMatch(/"fpga".* is not assignable/);
  });

  describe.each(Object.keys(VERSIONS))("%s", (compiler) => {
    it.for([
      { module: "NodeNext", moduleResolution: "NodeNext" },
      { module: "ESNext", moduleResolution: "Bundler" },
    ])("$moduleResolution", (settings, { skip }) => {
      skip(!compilers.has(compiler), "not installed");
      expect(errorsOf(SOURCE, { compiler, ...settings })).toBe("");
    });
  });
});
