/**
 * The published indexers, built from the drivers that lie beside the common workload. Sources and build stay in the work folder;
 * nothing is written beside the originals. A machine without them, or without cargo, leaves them out and says why.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { asError } from "../../../../src/base/errors.js";
import { workFolder } from "../work-folder.js";

export const PEER_PROGRAMS = ["dynamo", "smg", "floor"] as const;
export type PeerProgram = (typeof PEER_PROGRAMS)[number];

/** A cold build with its downloads, on a busy machine of two cores. */
const BUILD_TIMEOUT_MS = 20 * 60_000;
const QUOTED_CHARACTERS = 400;

export interface Peers {
  /** Program by name; one whose build failed is missing. */
  readonly programs: ReadonlyMap<PeerProgram, string>;
  /** Why some, or all, are missing. */
  readonly leftOut: readonly string[];
}

/** @param bench the common workload's folder */
export function buildPeers(bench: string, progress: (line: string) => void): Peers {
  const nothing = (reason: string): Peers => ({ programs: new Map(), leftOut: [reason] });
  if (!existsSync(join(bench, "rust"))) return nothing("../shared/bench holds no drivers of other indexers");
  const cargo = spawnSync("cargo", ["--version"], { encoding: "utf8" });
  if (cargo.status !== 0) return nothing("cargo is not installed");
  const sources = join(workFolder(), "src");
  copyChanged(join(bench, "rust"), sources);
  const programs = new Map<PeerProgram, string>();
  const leftOut: string[] = [];
  for (const peer of PEER_PROGRAMS) {
    progress(`building ${peer} (${cargo.stdout.trim()})`);
    try {
      programs.set(peer, buildOne(peer, join(sources, peer)));
    } catch (error) {
      leftOut.push(`${peer} does not build: ${reasonOf(error)}`);
    }
  }
  return { programs, leftOut };
}

function buildOne(peer: PeerProgram, folder: string): string {
  const target = join(workFolder(), "target");
  execFileSync("cargo", ["build", "--release", "--quiet"], {
    cwd: folder,
    env: { ...process.env, CARGO_TARGET_DIR: target },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: BUILD_TIMEOUT_MS,
  });
  return join(target, "release", `bench-${peer}`);
}

/** Only files that differ: cargo goes by their times. */
function copyChanged(from: string, to: string): void {
  for (const name of readdirSync(from, { recursive: true, encoding: "utf8" })) {
    const [source, copy] = [join(from, name), join(to, name)];
    if (!/\.(rs|toml)$/.test(name)) continue;
    const text = readFileSync(source);
    if (existsSync(copy) && readFileSync(copy).equals(text)) continue;
    mkdirSync(dirname(copy), { recursive: true });
    writeFileSync(copy, text);
  }
}

function reasonOf(thrown: unknown): string {
  const { stderr } = thrown as { stderr?: Buffer };
  const said = stderr?.toString("utf8").trim() ?? "";
  return (said === "" ? asError(thrown).message : said).slice(-QUOTED_CHARACTERS);
}
