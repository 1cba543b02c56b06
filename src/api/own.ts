/**
 * A copy of what is read later: after pauses, the first of them for code that loads, in which the caller may change it. Whatever is no
 * array of numbers stays as it is, for whoever checks it.
 */
export function own<T>(values: T): T {
  return ArrayBuffer.isView(values) && "slice" in values
    ? ((values as unknown as Float32Array).slice() as T)
    : values;
}

/** Options whose arrays of those names are copies. */
export function ownIn<T extends object>(
  options: T | undefined,
  ...names: readonly (keyof T & string)[]
): T | undefined {
  if (typeof options !== "object" || options === null) return options;
  const copies = names
    .filter((name) => ArrayBuffer.isView(options[name]))
    .map((name) => [name, own(options[name])]);
  if (copies.length === 0) return options;
  // Whatever is inherited stays so, and what is the options' own is checked by its name.
  const copy = Object.create(Object.getPrototypeOf(options)) as T;
  return Object.assign(copy, options, Object.fromEntries(copies));
}
