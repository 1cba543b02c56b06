/** True where workers can be made at all. */
export function canSpawn(): boolean {
  return isNode() || typeof Worker === "function";
}

export function isNode(): boolean {
  return typeof globalThis.process?.getBuiltinModule === "function";
}
