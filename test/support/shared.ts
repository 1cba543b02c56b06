import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Real pretrained models, images and golden results lie in a folder `shared` beside the checkout (or where
 * UNIFOOL_SHARED points). They are optional on a laptop and required in CI.
 */
const root = process.env.UNIFOOL_SHARED ?? fileURLToPath(new URL("../../../shared", import.meta.url));

export const hasShared: boolean = existsSync(`${root}/INDEX.md`);

if (!hasShared && process.env.CI === "true")
  throw new Error(`shared models and images are missing (looked in ${root}); CI must have them`);

/** Path of a file in the shared folder. */
export function sharedPath(...parts: string[]): string {
  return [root, ...parts].join("/");
}
