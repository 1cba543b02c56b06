/** `unifool/demo`: the images that the embedded model was trained for, drawn where they are needed. */
export {
  type DemoImages,
  type DemoImagesOptions,
  type DemoSet,
  demoInput,
  drawDemoImages,
} from "./demo/draw_demo_images.js";
export { InvalidArgumentError, UnifoolError } from "./errors.js";
