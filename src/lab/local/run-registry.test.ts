import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../base/async.js";
import type { UndoData } from "./leftovers.js";
import { isStopped, startTimeOf } from "./process-table.js";
import { blocksInUse, endLeftovers, RunRegistry } from "./run-registry.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kvproof-registry-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function sleeper(): ReturnType<typeof spawn> {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
}

/** Rewrites a run's state as if its runner had died. */
function orphan(runId: string): void {
  const file = join(folder, `${runId}.json`);
  const state = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...state, runner: { ...state.runner, startTime: "long ago" } }));
}

describe("what a crashed run leaves behind", () => {
  it("is ended by the next start, which says so", async () => {
    const child = sleeper();
    new RunRegistry("crashed", "127.9.9", folder).started("llama/1", child.pid as number);
    orphan("crashed");
    const exited = once(child, "exit");
    const lines = await endLeftovers(folder);
    await exited;
    expect(lines).toEqual([`ended llama/1 (pid ${child.pid}), left behind by a run that crashed`]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is thawed first where it was frozen, and the line says so", async () => {
    const child = sleeper();
    new RunRegistry("crashed", "127.9.9", folder).started("llama/1", child.pid as number);
    child.kill("SIGSTOP");
    await waitFor(() => isStopped(child.pid as number), { describe: "the child to stop", timeoutMs: 2000 });
    orphan("crashed");
    const exited = once(child, "exit");
    const lines = await endLeftovers(folder);
    await exited;
    expect(lines).toEqual([`thawed and ended llama/1 (pid ${child.pid}), left behind by a run that crashed`]);
  });

  it("includes more than processes: it is taken back in reverse, and what cannot be stays on record", async () => {
    const registry = new RunRegistry("crashed", "127.9.9", folder);
    registry.holds("mount", "disk", { path: "/a" });
    registry.holds("mount", "gone before", { path: "/b" });
    registry.holds("mount", "inner disk", { path: "/a/b" });
    registry.holds("mount", "released", { path: "/c" });
    registry.released("mount", "released");
    orphan("crashed");
    const undone: string[] = [];
    const kind = {
      kind: "mount",
      undo: async ({ path }: UndoData) => {
        undone.push(path as string);
        if (path === "/b") return null;
        if (path === "/a" && undone.length < 4) throw new Error("umount /a: busy");
        return `unmounted ${path}`;
      },
    };
    expect(await endLeftovers(folder, [kind])).toEqual([
      "unmounted /a/b, left behind by a run that crashed",
      "mount disk, left behind by a run that crashed, must be cleaned up by hand: umount /a: busy",
    ]);
    expect(await endLeftovers(folder, [kind])).toEqual(["unmounted /a, left behind by a run that crashed"]);
    expect(undone).toEqual(["/a/b", "/b", "/a", "/a"]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("stays on record when a run ends without having taken it back", async () => {
    const registry = new RunRegistry("ended", "127.9.9", folder);
    registry.holds("mount", "disk", { path: "/a" });
    registry.close();
    orphan("ended");
    const kind = { kind: "mount", undo: async ({ path }: UndoData) => `unmounted ${path}` };
    expect(await endLeftovers(folder, [kind])).toEqual(["unmounted /a, left behind by a run that crashed"]);
  });

  it("never costs a stranger's process that got the same pid", async () => {
    const stranger = sleeper();
    new RunRegistry("crashed", "127.9.9", folder).started("llama/1", stranger.pid as number);
    const file = join(folder, "crashed.json");
    const state = JSON.parse(readFileSync(file, "utf8"));
    state.processes[0].startTime = "1";
    writeFileSync(file, JSON.stringify(state));
    orphan("crashed");
    expect(await endLeftovers(folder)).toEqual([]);
    expect(startTimeOf(stranger.pid as number)).not.toBeNull();
    stranger.kill("SIGKILL");
    await once(stranger, "exit");
  });

  it("does not disturb a run that still goes on, and keeps its addresses apart", async () => {
    const child = sleeper();
    const registry = new RunRegistry("alive", "127.9.8", folder);
    registry.started("llama/1", child.pid as number);
    expect(await endLeftovers(folder)).toEqual([]);
    expect([...blocksInUse(folder)]).toEqual(["127.9.8"]);
    child.kill("SIGKILL");
    await once(child, "exit");
    registry.ended(child.pid as number);
    registry.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not blocked by a damaged state file", async () => {
    writeFileSync(join(folder, "torn.json"), '{"runner":');
    expect(await endLeftovers(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
