interface NodeModules {
  readonly "node:fs": typeof import("node:fs");
  readonly "node:path": typeof import("node:path");
  readonly "node:url": typeof import("node:url");
}

/**
 * A module of Node, or undefined in a browser. Asked of the process rather than imported, so that no bundler
 * meets a `node:` specifier in code meant for a page.
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  if (typeof globalThis.process?.getBuiltinModule !== "function") return undefined;
  return globalThis.process.getBuiltinModule(name) as NodeModules[Name] | undefined;
}
