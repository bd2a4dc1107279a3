/** One memory cgroup around one engine: what it takes beyond the limit costs it its life, and nobody else's. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../../base/async.js";
import { UnavailableError } from "../../../base/errors.js";
import type { LeftoverKind } from "../leftovers.js";
import { groupOf, type MemoryGroups } from "./memory-groups.js";

/** The kernel needs a moment to see that the last process of a group is gone. */
const REMOVE_TIMEOUT_MS = 5_000;
const BYTES_PER_MEGABYTE = 1024 * 1024;

export const MEMORY_GROUP_KIND = "memory-cgroup";

export class MemoryGroup {
  readonly path: string;
  readonly #groups: MemoryGroups;
  #home: string | null = null;

  constructor(groups: MemoryGroups, name: string) {
    this.#groups = groups;
    this.path = join(groups.parent, name);
    mkdirSync(this.path, { recursive: true });
  }

  limit(megabytes: number): void {
    const { files, version } = this.#groups;
    const bytes = String(megabytes * BYTES_PER_MEGABYTE);
    this.#write(files.limit, bytes);
    if (existsSync(join(this.path, files.swap))) this.#write(files.swap, version === 1 ? bytes : "0");
  }

  /** Only what the process takes from now on counts: the kernel leaves what it has with the group it came from. */
  add(pid: number, procFile = `/proc/${pid}/cgroup`): void {
    this.#home = groupOf(this.#groups, procFile);
    this.#write("cgroup.procs", String(pid));
  }

  /** Processes that the kernel killed here because of the limit. */
  kills(): number {
    if (!existsSync(this.path)) return 0;
    const text = readFileSync(join(this.path, this.#groups.files.kills), "utf8");
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  usedMegabytes(): number {
    return Math.round(Number(readFileSync(join(this.path, this.#groups.files.usage), "utf8")) / BYTES_PER_MEGABYTE);
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** What still lives in it goes back where it came from. */
  async remove(): Promise<void> {
    if (this.#home !== null && this.exists) sendHome(this.path, this.#home);
    await removeGroup(this.path);
  }

  #write(file: string, text: string): void {
    writeFileSync(join(this.path, file), text);
  }
}

/** After a crash: whatever lives in the group was started by the crashed run, and has been ended before. */
export const memoryGroupLeftover: LeftoverKind = {
  kind: MEMORY_GROUP_KIND,
  async undo({ path = "", parent = "" }) {
    if (!existsSync(path)) return null;
    sendHome(path, parent);
    await removeGroup(path);
    return `removed the memory cgroup ${path}`;
  },
};

function sendHome(path: string, home: string): void {
  const pids = readFileSync(join(path, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
  for (const pid of pids) {
    try {
      writeFileSync(join(home, "cgroup.procs"), pid);
    } catch {
      // It ended meanwhile; otherwise the removal says so.
    }
  }
}

async function removeGroup(path: string): Promise<void> {
  try {
    await waitFor(
      () => {
        if (existsSync(path)) rmdirSync(path);
        return true;
      },
      { describe: `the memory cgroup ${path} to be empty`, timeoutMs: REMOVE_TIMEOUT_MS },
    );
  } catch (cause) {
    throw new UnavailableError(
      "KVP_E_HOST",
      `${path} is left; end what cgroup.procs in it names, then: rmdir ${path}`,
      {
        cause,
      },
    );
  }
}
