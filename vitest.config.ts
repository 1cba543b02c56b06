import { defineConfig } from "vitest/config";
import { chooseVulkanDrivers } from "./test/support/vulkan.js";

// Here, because the loader must be told before a worker starts.
chooseVulkanDrivers();

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
