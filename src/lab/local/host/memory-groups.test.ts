import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryGroup } from "./memory-group.js";
import { findMemoryGroups, type MemoryGroups } from "./memory-groups.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kvproof-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** A file tree as the kernel shows cgroups of version 2, without the kernel. */
function versionTwo(): MemoryGroups {
  put("cgroup.controllers", "cpu io memory pids\n");
  put("cgroup.subtree_control", "cpu pids\n");
  put("cgroup.procs", "");
  put("own/scope/cgroup.procs", "");
  put("kvproof-x/memory.swap.max", "max");
  put("kvproof-x/memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n");
  put("kvproof-x/memory.current", String(5 * 1024 * 1024));
  const groups = findMemoryGroups(root);
  if (typeof groups === "string") throw new Error(groups);
  return groups;
}

describe("memory cgroups", () => {
  it("of version 1 have a hierarchy of their own", () => {
    put("memory/memory.limit_in_bytes", "");
    expect(findMemoryGroups(root)).toMatchObject({ version: 1, parent: join(root, "memory") });
  });

  it("of version 2 are found, and the controller is handed down to new groups", () => {
    expect(versionTwo()).toMatchObject({ version: 2, parent: root });
    expect(read("cgroup.subtree_control")).toBe("+memory");
  });

  it("are missed with a reason where no hierarchy has the controller", () => {
    put("unified/cgroup.controllers", "cpu\n");
    expect(findMemoryGroups(root)).toBe(`it needs a memory cgroup, and ${root} has no memory controller`);
  });

  it("of version 2 limit memory and swap, count kills, and send back whom they held", async () => {
    const group = new MemoryGroup(versionTwo(), "kvproof-x");
    put("proc-cgroup", "1:name=systemd:/elsewhere\n0::/own/scope\n");
    group.limit(32);
    group.add(4711, join(root, "proc-cgroup"));
    expect(read("kvproof-x/memory.max")).toBe(String(32 * 1024 * 1024));
    expect(read("kvproof-x/memory.swap.max")).toBe("0");
    expect(read("kvproof-x/cgroup.procs")).toBe("4711");
    expect(group.kills()).toBe(2);
    expect(group.usedMegabytes()).toBe(5);
    // Unlike the kernel's, this folder is not empty; removing its files stands for the kernel doing so.
    const removal = group.remove();
    expect(read("own/scope/cgroup.procs")).toBe("4711");
    rmSync(join(root, "kvproof-x"), { recursive: true });
    await removal;
    expect(existsSync(group.path)).toBe(false);
    expect(group.kills()).toBe(0);
  });
});
