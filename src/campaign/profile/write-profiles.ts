/** Profiles of one process as files that tools read: Chrome's own formats, and pprof. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pprof } from "../../base/profile/pprof.js";
import { cpuTree, heapTree } from "../../base/profile/profile-tree.js";
import type { TakenProfiles } from "../../base/profile/v8-profile.js";

const NS_PER_US = 1000;

/** `process`: the name of an engine, or `gateway`. Returns the files. */
export function writeProfiles(folder: string, process: string, { cpu, heap }: TakenProfiles): string[] {
  mkdirSync(folder, { recursive: true });
  const name = process.replaceAll(/[^\w.-]+/g, "-");
  const written: string[] = [];
  const write = (ending: string, content: string | Uint8Array): void => {
    const file = join(folder, `${name}.${ending}`);
    writeFileSync(file, content);
    written.push(file);
  };
  if (cpu !== null) {
    write("cpuprofile", JSON.stringify(cpu));
    const durationNs = (cpu.endTime - cpu.startTime) * NS_PER_US;
    write("cpu.pb.gz", pprof(cpuTree(cpu), { type: "cpu", unit: "nanoseconds", factor: NS_PER_US, durationNs }));
  }
  if (heap !== null) {
    write("heapprofile", JSON.stringify(heap));
    write("heap.pb.gz", pprof(heapTree(heap), { type: "inuse_space", unit: "bytes", factor: 1, durationNs: 0 }));
  }
  return written;
}
