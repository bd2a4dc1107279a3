/**
 * The trace files of the common workload, as its own generator and oracle write them. Those of its own seed are kept, so that
 * the peers read the same bytes; those of another seed serve one check and are the caller's to delete.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { InternalError } from "../../../src/base/errors.js";
import { workFolder } from "./work-folder.js";

export const COMMON_KINDS = ["main", "holes", "reannounce"] as const;
export type CommonKind = (typeof COMMON_KINDS)[number];

const HEAP_MB = 4096;
const PROGRAMS = ["gen.mjs", "oracle.mjs"] as const;
/** The last file that is written: when it is there, all are. */
const LAST_FILE = "expect.bin";
const SEED = /\bseed: \d+/g;

/** Folder of the kept traces; made on first use, one kept per version of the generator. @param bench the common workload's folder */
export function commonTraces(bench: string, kind: CommonKind): string {
  const hash = createHash("sha256");
  for (const program of PROGRAMS) hash.update(readFileSync(join(bench, "gen", program)));
  const dir = join(workFolder(), "traces", hash.digest("hex").slice(0, 12), kind);
  if (existsSync(join(dir, LAST_FILE))) return dir;
  const fresh = `${dir}.${process.pid}`;
  try {
    generate(join(bench, "gen", PROGRAMS[0]), bench, kind, fresh);
    rmSync(dir, { recursive: true, force: true });
    renameSync(fresh, dir);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return dir;
}

/** The same kind of trace grown from another seed, in a folder of its own. */
export function seededTraces(bench: string, kind: CommonKind, seed: number): string {
  const source = readFileSync(join(bench, "gen", PROGRAMS[0]), "utf8");
  if (source.match(SEED)?.length !== 2)
    throw new InternalError("the common generator names its two seeds otherwise now");
  const dir = mkdtempSync(join(tmpdir(), "kvproof-traces-"));
  const program = join(dir, PROGRAMS[0]);
  writeFileSync(program, source.replaceAll(SEED, `seed: ${seed}`));
  generate(program, bench, kind, dir);
  return dir;
}

function generate(program: string, bench: string, kind: CommonKind, dir: string): void {
  mkdirSync(dirname(dir), { recursive: true });
  run(program, [dir, kind]);
  run(join(bench, "gen", PROGRAMS[1]), [dir]);
}
function run(program: string, args: readonly string[]): void {
  execFileSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, program, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}
