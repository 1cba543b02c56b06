/** What software adapters call themselves: Chromium's, Mesa's, Windows'. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|software|\bwarp\b/i;

/** Vendors that make no GPUs, but adapters that compute on the processor. Browsers may tell no more than these. */
const MAKERS_OF_SOFTWARE: readonly string[] = ["mesa", "microsoft"];

/** Whether an adapter is no GPU: it says so, or its name does. */
export function isSoftware(info: Partial<GPUAdapterInfo> | undefined): boolean {
  if (!info) return false;
  const { vendor = "", architecture = "", device = "", description = "" } = info;
  return (
    info.isFallbackAdapter === true ||
    MAKERS_OF_SOFTWARE.includes(vendor.toLowerCase()) ||
    SOFTWARE.test(`${vendor} ${architecture} ${device} ${description}`)
  );
}
