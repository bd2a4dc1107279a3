/**
 * A small volume of its own for what one process writes (its log, an engine's ledger), so that it can be filled without
 * filling the machine's disk. Files keep their place in the run directory: links point into the volume while it is there.
 */
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  symlinkSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { LeftoverKind } from "../leftovers.js";
import type { RunRegistry } from "../run-registry.js";
import { runProgram } from "./run-program.js";

export const VOLUME_MEGABYTES = 64;
export const VOLUME_KIND = "volume";
const CHUNK_BYTES = 1024 * 1024;
const FILL_FILE = "kvproof-fill";

export class SmallVolume {
  readonly path: string;
  readonly #registry: RunRegistry;
  readonly #links: string[] = [];

  constructor(place: string, registry: RunRegistry) {
    // Links into it, and the next start after a crash, need it from anywhere.
    const path = resolve(place);
    this.path = path;
    this.#registry = registry;
    mkdirSync(path, { recursive: true });
    registry.holds(VOLUME_KIND, path, { path });
    runProgram("mount", ["-t", "tmpfs", "-o", `size=${VOLUME_MEGABYTES}m,mode=700`, "kvproof", path]);
  }

  /** From now on what is written to `file` lands in the volume; once is enough for all lives of a process. */
  takeOver(file: string): void {
    if (this.#links.includes(file)) return;
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(join(this.path, basename(file)), file);
    this.#links.push(file);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Writes until there is no space; resolves with the bytes it took. */
  async fill(): Promise<number> {
    const chunk = Buffer.alloc(CHUNK_BYTES, 1);
    const file = await open(join(this.path, FILL_FILE), "a");
    let bytes = 0;
    try {
      for (let size = CHUNK_BYTES; size > 0 && bytes < VOLUME_MEGABYTES * CHUNK_BYTES; ) {
        try {
          bytes += (await file.write(chunk, 0, size)).bytesWritten;
        } catch (thrown) {
          if (!isNoSpace(thrown)) throw thrown;
          size = Math.floor(size / 2);
        }
      }
    } finally {
      await file.close();
    }
    return bytes;
  }

  empty(): void {
    rmSync(join(this.path, FILL_FILE), { force: true });
  }

  /** What a process gets that writes here now; null = there is space. */
  async refusal(): Promise<string | null> {
    const probe = join(this.path, "kvproof-probe");
    try {
      const file = await open(probe, constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC);
      try {
        await file.write(Buffer.alloc(1, 1));
        return null;
      } finally {
        await file.close();
      }
    } catch (thrown) {
      if (isNoSpace(thrown)) return "ENOSPC";
      throw thrown;
    } finally {
      rmSync(probe, { force: true });
    }
  }

  /** Brings the files home and takes the volume away. Those who wrote to it must have ended. */
  release(): void {
    for (const link of this.#links.splice(0)) {
      const inside = join(this.path, basename(link));
      rmSync(link, { force: true });
      if (existsSync(inside)) copyFileSync(inside, link);
    }
    if (unmount(this.path)) rmdirSync(this.path);
    this.#registry.released(VOLUME_KIND, this.path);
  }
}

export const volumeLeftover: LeftoverKind = {
  kind: VOLUME_KIND,
  undo: ({ path = "" }) =>
    Promise.resolve().then(() => {
      const was = unmount(path);
      if (existsSync(path)) rmdirSync(path);
      return was ? `unmounted ${path}` : null;
    }),
};

function unmount(path: string): boolean {
  if (!isMounted(path)) return false;
  try {
    runProgram("umount", [path]);
  } catch {
    // Somebody still has a file open in it: it vanishes from the tree now, and for good when they end.
    runProgram("umount", ["-l", path]);
  }
  return true;
}

/** /proc/self/mountinfo writes blanks of a path in octal. */
export function isMounted(path: string): boolean {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "");
  return points.some(
    (point) =>
      point.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))) === path,
  );
}

function isNoSpace(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === "ENOSPC";
}
