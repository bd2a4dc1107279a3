import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../base/package-root.js";

const PROGRAM = `
import { createHash } from "node:crypto";
import { loadHashes } from "./src/engine/cache/hash-functions.ts";
import { simulateRun } from "./src/simulate/simulate-run.ts";
const hashes = await loadHashes("sha256_cbor");
for (const seed of [1, 24, 287]) {
  const ndjson = simulateRun(seed, hashes).map((record) => JSON.stringify(record)).join("\\n");
  console.log(seed, createHash("sha256").update(ndjson).digest("hex"));
}`;

function inAnotherProcess(): string {
  const args = ["--import", "tsx", "--input-type=module", "-e", PROGRAM];
  return execFileSync(process.execPath, args, { cwd: packageRoot, encoding: "utf8", timeout: 60_000 });
}

describe("a seed", () => {
  it("is the same history in every process, byte for byte, so that a failure can be repeated", {
    timeout: 120_000,
  }, () => {
    const histories = inAnotherProcess();
    expect(histories.trim().split("\n")).toHaveLength(3);
    expect(inAnotherProcess()).toBe(histories);
  });
});
