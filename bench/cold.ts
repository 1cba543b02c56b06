/** A fresh process that creates one engine and calls it twice: `cold.mjs NETWORK VARIANT THREADS`. Prints JSON. */
import { createWasmEngine } from "../src/engines/wasm/engine.js";
import { sizeOf } from "../src/network/spec.js";
import { sources } from "./networks.js";
import { allowRelaxedSimd } from "./relaxed.js";

const [name, variant, threads] = process.argv.slice(2);
const source = sources.find((s) => s.name === name);
if (!source) throw new Error(`no network ${name}`);
if (variant === "relaxed") allowRelaxedSimd();
const { network, input, images } = await source.load(1);
const image = images.values.subarray(0, sizeOf(network.input.shape));
const laps = [performance.now()];
const engine = await createWasmEngine(network, input, {
  deterministic: variant === "simd",
  threads: Number(threads),
});
laps.push(performance.now());
for (let i = 0; i < 2; i++) {
  await engine.jacobian(image, { classes: Math.min(10, network.classes) });
  laps.push(performance.now());
}
const [create, first, second] = [0, 1, 2].map((i) => laps[i + 1] - laps[i]);
console.log(JSON.stringify({ create, first, second }));
engine.dispose();
