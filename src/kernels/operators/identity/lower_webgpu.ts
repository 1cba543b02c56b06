export { RENAMED as lowering } from "../../reshaping.js";
