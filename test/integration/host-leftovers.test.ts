/** A run that was killed with its mounts and cgroups in place: the next start takes them back and says so. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { EngineLimits } from "../../src/lab/local/host/engine-limits.js";
import { thisMachine } from "../../src/lab/local/host/machine.js";
import { isMounted, SmallVolume } from "../../src/lab/local/host/small-volume.js";
import { endLeftovers, RunRegistry } from "../../src/lab/local/run-registry.js";

const { abilities, memoryGroups } = thisMachine();

/** A registry of its own, as a runner leaves it that was killed. */
function aCrash(): { folder: string; registry: RunRegistry; crash: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "kvproof-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "crashed.json");
  return {
    folder,
    registry: new RunRegistry("crashed", "127.9.9", folder),
    crash: () => {
      const state = JSON.parse(readFileSync(file, "utf8")) as { runner: object };
      writeFileSync(file, JSON.stringify({ ...state, runner: { ...state.runner, startTime: "long ago" } }));
    },
  };
}

describe.skipIf(abilities.get("host.disk-full") !== null)("volumes of a crashed run (needs root)", () => {
  it("are unmounted although they are full and a process still writes there", async () => {
    const { folder, registry, crash } = aCrash();
    const path = join(folder, "a volume");
    const volume = new SmallVolume(path, registry);
    await volume.fill();
    const writer = spawn("tail", ["-f", join(path, "kvproof-fill")], { stdio: "ignore" });
    onTestFinished(() => void writer.kill("SIGKILL"));
    crash();
    expect(isMounted(path)).toBe(true);
    expect(await endLeftovers(folder)).toEqual([`unmounted ${path}, left behind by a run that crashed`]);
    expect(isMounted(path)).toBe(false);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe.skipIf(memoryGroups === null)("memory cgroups of a crashed run (needs a memory cgroup)", () => {
  it("are removed, and what lives in them goes on elsewhere", async () => {
    if (memoryGroups === null) return;
    const { folder, registry, crash } = aCrash();
    const stranger = spawn("sleep", ["60"], { stdio: "ignore" });
    onTestFinished(async () => {
      stranger.kill("SIGKILL");
      await once(stranger, "exit");
    });
    const prefix = `test-${process.pid}`;
    new EngineLimits(registry, 32).limit(memoryGroups, prefix, { engine: "llama/1", pid: stranger.pid as number });
    const path = join(memoryGroups.parent, `kvproof-${prefix}-llama-1`);
    expect(existsSync(path)).toBe(true);
    crash();
    expect(await endLeftovers(folder)).toEqual([
      `removed the memory cgroup ${path}, left behind by a run that crashed`,
    ]);
    expect(existsSync(path)).toBe(false);
    expect(stranger.exitCode).toBeNull();
  });
});
