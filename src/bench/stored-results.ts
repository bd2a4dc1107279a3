/**
 * Results of this machine, one file each, in a folder per machine fingerprint: figures measured elsewhere say nothing here. They
 * feed trends and warnings; no verdict is ever taken from them, because a stored number was measured in another hour.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeResult } from "./result-file.js";

const SCHEMA_VERSION = 1;
const ID_DIGITS = 12;
/** Older files beyond this many are not read. */
const MAX_RESULTS = 500;

const figureShape = z.object({
  name: z.string(),
  unit: z.string(),
  better: z.enum(["lower", "higher"]),
  value: z.number(),
  work: z.number(),
});
const resultShape = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  benchmark: z.string(),
  startedAt: z.string(),
  commit: z.string().nullable(),
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  figures: z.array(figureShape),
});
export type Figure = Readonly<z.infer<typeof figureShape>>;
export type StoredResult = Readonly<Omit<z.infer<typeof resultShape>, "schemaVersion" | "figures">> & {
  readonly figures: readonly Figure[];
};

/** The same for runs that can be compared: processor, cores, memory, platform and the major version of Node. */
export function fingerprintOf(machine: Readonly<Record<string, string | number>>): string {
  const { cpu, cores, arch, os, memoryGiB, node } = machine;
  // The kernel's release and Node's minor version change with every update; what they do to figures is what a trend shows.
  const [platform] = String(os).split(" ");
  const [major] = String(node).split(".");
  const lasting = [cpu, cores, arch, platform, Math.round(Number(memoryGiB)), major].join("|");
  return createHash("sha256").update(lasting).digest("hex").slice(0, ID_DIGITS);
}

/** Folder of this machine's results below `root`. */
export function resultsFolder(root: string, machine: StoredResult["machine"]): string {
  return join(root, fingerprintOf(machine));
}

/** `2026-11-23T10-00-00Z-1a2b3c4d5e6f`: sorts by time, names the commit. */
export function resultName({ startedAt, commit }: Pick<StoredResult, "startedAt" | "commit">): string {
  const time = startedAt.replace(/\.\d+/, "").replaceAll(":", "-");
  return `${time}-${commit ?? "unknown"}`;
}

/** Returns the file. @throws as writeResult */
export function storeResult(root: string, result: StoredResult): string {
  const file = join(resultsFolder(root, result.machine), `${resultName(result)}.${result.benchmark}.json`);
  writeResult(file, `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, ...result }, null, 1)}\n`);
  return file;
}

export interface ReadResults {
  /** By time. */
  readonly results: readonly StoredResult[];
  /** Files that are damaged or of another version. */
  readonly unreadable: readonly string[];
}

export function readResults(root: string, machine: StoredResult["machine"]): ReadResults {
  const folder = resultsFolder(root, machine);
  if (!existsSync(folder)) return { results: [], unreadable: [] };
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const results: StoredResult[] = [];
  const unreadable: string[] = [];
  for (const name of files.sort().slice(-MAX_RESULTS)) {
    const result = parsed(readFileSync(join(folder, name), "utf8"));
    if (result === null) unreadable.push(join(folder, name));
    else results.push(result);
  }
  return { results: results.sort((a, b) => a.startedAt.localeCompare(b.startedAt)), unreadable };
}

function parsed(text: string): StoredResult | null {
  try {
    const { schemaVersion: _, ...result } = resultShape.parse(JSON.parse(text));
    return result;
  } catch {
    return null;
  }
}
