// The built package, a model and images, all as they lie on the server: no bundler, no import map.
import { compile, deepfool } from "../../dist/index.js";

const output = document.getElementById("output");
const print = (line) => output.append(`${line}\n`);
output.textContent = "";

try {
  // Pixels are the bytes as stored; mean and deviation are what the model was trained with.
  // ?backend=webgpu computes on the GPU.
  const backend = new URLSearchParams(location.search).get("backend") ?? "auto";
  const net = await compile("../../demo/model/model.json", {
    backend,
    input: { range: [0, 255], mean: 0.45, std: 0.25 },
  });
  const response = await fetch("../../demo/images/images.bin");
  const images = Float32Array.from(new Uint8Array(await response.arrayBuffer(), 0, 8 * 32 * 32 * 3));
  const where = net.adapter ?? `${net.variant}, ${net.threads} workers`;
  print(`${net.backend}, ${where}; isolated: ${crossOriginIsolated}`);

  let start = performance.now();
  const { values } = await net.jacobian(images, { classes: 10 });
  print(`Jacobian, 8 images x 10 classes: ${values.length} values, ${since(start)}`);

  start = performance.now();
  const { labels, newLabels, perturbation, adversarial } = await deepfool(net, images);
  print(`DeepFool, 8 images: ${since(start)}`);
  const { classes } = await (await fetch("../../demo/images/meta.json")).json();
  const size = perturbation.length / labels.length;
  labels.forEach((label, n) => {
    const part = (all) => all.subarray(n * size, (n + 1) * size);
    const norm = Math.hypot(...part(perturbation)).toFixed(1);
    print(`image ${n}: class ${label} -> ${newLabels[n]}, l2 norm ${norm}`);
    const names = `${classes[label]} → ${classes[newLabels[n]]}`;
    show([part(images), part(adversarial)], net.inputShape, names);
  });
  net.dispose();
} catch (error) {
  print(`${error.name}: ${error.message}`);
}

/** Images `[H][W][3]` of pixels 0 to 255, side by side above a caption. */
function show(pictures, [height, width], text) {
  const figure = document.createElement("figure");
  for (const pixels of pictures) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.role = "img";
    canvas.ariaLabel = text;
    const image = new ImageData(width, height);
    image.data.fill(255);
    pixels.forEach((value, i) => {
      image.data[4 * Math.floor(i / 3) + (i % 3)] = value; // rounds and clips
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
    figure.append(canvas);
  }
  const caption = document.createElement("figcaption");
  caption.textContent = text;
  figure.append(caption);
  document.getElementById("pictures").append(figure);
}

function since(start) {
  return `${(performance.now() - start).toFixed(0)} ms`;
}
