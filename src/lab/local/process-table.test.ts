import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../base/async.js";
import { isSameProcess, isStopped, startTimeOf, usageOf } from "./process-table.js";

describe("the process table", () => {
  it("never takes another process for one of ours, even under the same pid", () => {
    const started = startTimeOf(process.pid);
    expect(started).not.toBeNull();
    expect(isSameProcess(process.pid, started as string)).toBe(true);
    expect(isSameProcess(process.pid, "1")).toBe(false);
  });

  it("sees a process end, pause and go on", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    const pid = child.pid as number;
    child.kill("SIGSTOP");
    await waitFor(() => isStopped(pid), { describe: "the child to stop", timeoutMs: 2000 });
    child.kill("SIGCONT");
    await waitFor(() => !isStopped(pid), { describe: "the child to go on", timeoutMs: 2000 });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(startTimeOf(pid)).toBeNull();
    expect(usageOf(pid)).toBeNull();
  });

  it("reports memory in bytes and CPU in seconds", () => {
    const usage = usageOf(process.pid);
    expect(usage?.rssBytes).toBeGreaterThan(10e6);
    expect(usage?.rssBytes).toBeLessThan(4e9);
    const own = process.cpuUsage();
    expect(Math.abs((usage?.cpuSeconds ?? 0) - (own.user + own.system) / 1e6)).toBeLessThan(0.5);
  });
});
