/** What can be told of a GPU without the engine: one file to load for it. */
export { findAdapter, nameOf } from "./device.js";
export { isSoftware } from "./software.js";
