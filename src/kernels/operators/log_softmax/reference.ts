export { MISSING as reference, MISSING as float32 } from "./missing.js";
