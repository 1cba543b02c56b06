export { MISSING as lowering } from "./missing.js";
