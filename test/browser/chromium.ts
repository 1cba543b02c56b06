import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Linux distributions put it. */
const USUAL_PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * The Chromium to test in: CHROMIUM_PATH or an installed one. Undefined, with a line that says so, where there is
 * none; in CI there must be one.
 */
export function findChromium(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  const found = (given ? [given] : USUAL_PATHS).find(existsSync);
  if (found) return found;
  const missing = given
    ? `CHROMIUM_PATH is ${given}, where there is nothing`
    : "no Chromium (set CHROMIUM_PATH, or install one with .ci/install-chromium)";
  if (given || process.env.CI === "true") throw new Error(`browser tests: ${missing}`);
  console.log(`browser tests skipped: ${missing}`);
  return undefined;
}

export interface LaunchOptions {
  /**
   * Whether WebGPU finds an adapter where there is no GPU: SwiftShader, which comes with Chromium. Chromium takes no other
   * Vulkan driver for the CPU: lavapipe cannot share textures with it. Default true.
   */
  readonly webgpu?: boolean;
  /** Default true. */
  readonly headless?: boolean;
  /** Further ones. */
  readonly flags?: readonly string[];
}

/** Quiet without a network. */
export function launchChromium(
  executablePath: string,
  { webgpu = true, headless = true, flags = [] }: LaunchOptions = {},
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless,
    args: [
      // Chromium's sandbox cannot start in most containers; only our own pages are opened.
      "--no-sandbox",
      ...(webgpu ? ["--enable-unsafe-webgpu"] : []),
      // A camera that shows a test picture.
      "--use-fake-device-for-media-stream",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...flags,
    ],
  });
}
