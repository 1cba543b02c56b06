/**
 * The same engine, or part of one, each of whose calls waits first: for a pause to end, say. What it computes does not
 * change. What the calls give out and computes by itself (a `CraftingState`) waits, too.
 */
export function gated<T extends object>(engine: T, before: () => Promise<void>): T {
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name === "dispose" || typeof name === "symbol") return value.bind(target);
      return async (...args: unknown[]) => {
        await before();
        const result: unknown = await value.apply(target, args);
        return isState(result) ? gated(result, before) : result;
      };
    },
  });
}

function isState(result: unknown): result is object {
  return typeof result === "object" && result !== null && "dispose" in result;
}
