/** Only tests that need no process and no build: each runs once per changed expression (`npm run mutation`). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/judge/**/*.test.ts", "src/gateway/session/*.test.ts", "src/gateway/index/*.test.ts"],
    testTimeout: 20_000,
    reporters: ["dot"],
  },
});
