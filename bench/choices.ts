import type { Options } from "./options.js";

/** What a run without options does. */
export function defaultOptions(length: "quick" | "across" | "default"): Options {
  const across = length !== "default";
  return {
    quick: length === "quick",
    full: false,
    across: length === "across",
    gpu: false,
    uapImages: 100,
    uapPasses: [1],
    seconds: length === "quick" ? 0.25 : 1.2,
    profile: across ? "none" : "last",
    roofline: true,
    cold: !across,
    relaxedFlag: false,
    list: false,
  };
}

/** @throws Error, one line, for a word that is not known; undefined for nothing */
export function membersOf<T extends string>(
  name: string,
  text: string | undefined,
  known: readonly T[],
): T[] | undefined {
  return text?.split(",").map((word) => {
    const found = known.find((k) => k === word.trim());
    if (!found) throw new Error(`${name} has ${word}, expected ${known.join(", ")}`);
    return found;
  });
}
