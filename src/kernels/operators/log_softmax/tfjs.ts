export { MISSING as make } from "./missing.js";
