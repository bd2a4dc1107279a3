/**
 * Only tests that need no process and no build, as `npm run mutation` runs them: once per changed expression. All files of a run share one
 * worker, so that the modules they have in common are loaded once; no test of these folders keeps anything in a module.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/judge/**/*.test.ts", "src/gateway/session/*.test.ts", "src/gateway/index/*.test.ts"],
    setupFiles: ["test/mutation-setup.ts"],
    env: { KVPROOF_PROPERTY_RUNS: "30" },
    isolate: false,
    maxWorkers: 1,
    testTimeout: 20_000,
    reporters: ["dot"],
  },
});
