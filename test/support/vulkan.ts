import { existsSync } from "node:fs";
import { delimiter, dirname } from "node:path";

/** A Vulkan driver that computes on the CPU. */
export interface SoftwareDriver {
  readonly name: "lavapipe" | "swiftshader";
  /** Part of the name of its adapter. */
  readonly adapter: string;
  /** Where installations put its description for the Vulkan loader. */
  readonly places: readonly string[];
}

const folders = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
const browsers = [
  ...(process.env.CHROMIUM_PATH ? [dirname(process.env.CHROMIUM_PATH)] : []),
  ...["chromium", "chromium-browser"].flatMap((name) => [`/usr/lib/${name}`, `/usr/lib64/${name}`]),
  "/opt/google/chrome",
];

/** The fastest first. Mesa's lavapipe 22 is turned down by Dawn, 25 is not; SwiftShader comes with Chromium. */
export const SOFTWARE_DRIVERS: readonly SoftwareDriver[] = [
  {
    name: "lavapipe",
    adapter: "llvmpipe",
    places: folders.flatMap((f) =>
      ["lvp_icd.json", "lvp_icd.x86_64.json", "lvp_icd.aarch64.json"].map((n) => `${f}/${n}`),
    ),
  },
  {
    name: "swiftshader",
    adapter: "SwiftShader",
    places: browsers.map((f) => `${f}/vk_swiftshader_icd.json`),
  },
];

/**
 * What UNIFOOL_GPU asks for: `real`, whatever adapter the machine has; `lavapipe` or `swiftshader`, that one alone;
 * `software`, which is the default where there is Vulkan, the first of the two that works.
 *
 * @throws Error for anything else
 */
export function wantedGpu(): "real" | "software" | SoftwareDriver["name"] {
  const given = process.env.UNIFOOL_GPU ?? (process.platform === "linux" ? "software" : "real");
  const known = ["real", "software", ...SOFTWARE_DRIVERS.map((d) => d.name)] as const;
  const found = known.find((name) => name === given);
  if (found === undefined) throw new Error(`UNIFOOL_GPU is ${given}, expected ${known.join(", ")}`);
  return found;
}

/**
 * Points the Vulkan loader at the software drivers that are installed, in this process and those it will start, unless
 * a real GPU is wanted or VK_ICD_FILENAMES is set already. Threads read the environment that their process started
 * with, so test runners call this before they start workers.
 */
export function chooseVulkanDrivers(): void {
  if (process.env.VK_ICD_FILENAMES !== undefined || wantedGpu() === "real") return;
  const found = SOFTWARE_DRIVERS.map((d) => d.places.find(existsSync)).filter((path) => path !== undefined);
  if (found.length > 0) process.env.VK_ICD_FILENAMES = found.join(delimiter);
}

/**
 * Has lavapipe compile kernels in a third of the time, unless its settings are made already: tests compile hundreds and
 * run each but a few times. 32 cold convolution kernels: 169 s of processor time by default, 101 s without LLVM's
 * optimisations, 54 s with vectors of 128 bits too.
 */
export function hastenLavapipe(): void {
  process.env.GALLIVM_PERF ??= "nopt";
  process.env.LP_NATIVE_VECTOR_WIDTH ??= "128";
}
