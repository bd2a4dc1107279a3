/** A stressor whose work is not seen would make every run under stress inconclusive. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { addUsage, NO_USAGE, parseUsage, USAGE_SCRIPT } from "./stress-usage.js";

describe("the usage of stressors", () => {
  it("is what the kernel says of them, and of nobody else", async () => {
    const code =
      'const b = Buffer.alloc(64 << 20, 1); process.stdout.write("up"); setInterval(() => b.readUInt8(0), 1000);';
    const stressor = spawn(process.execPath, ["-e", code, "x/kvproof.js", "stress", "memory"]);
    const other = spawn(process.execPath, ["-e", code, "x/kvproof.js", "engine", "memory"]);
    onTestFinished(() => void [stressor, other].map((child) => child.kill("SIGKILL")));
    await Promise.all([stressor, other].map((child) => once(child.stdout, "data")));
    const { stdout } = spawnSync("sh", ["-c", USAGE_SCRIPT], { encoding: "utf8" });
    const usage = parseUsage(stdout);
    expect(usage.processes).toBe(1);
    expect(usage.rssBytes).toBeGreaterThan(64 << 20);
  });

  it("adds up over processes and pods", () => {
    const pod = parseUsage("150 1024 10\n50 1024 20\n");
    expect(pod).toEqual({ processes: 2, cpuSeconds: 2, rssBytes: 2 << 20, writtenBytes: 30 });
    expect(addUsage([pod, NO_USAGE, pod])).toMatchObject({ processes: 4, cpuSeconds: 4 });
    expect(parseUsage("")).toEqual(NO_USAGE);
  });
});
