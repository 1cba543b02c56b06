import { defineConfig } from "vitest/config";
import { chooseVulkanDrivers, hastenLavapipe } from "./test/support/vulkan.js";

// Here, because drivers must be told before a worker starts.
chooseVulkanDrivers();
hastenLavapipe();

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
