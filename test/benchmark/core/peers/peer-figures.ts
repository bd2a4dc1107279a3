/** What a peer's driver prints: one JSON object per line and figure; notes for people begin with `#`. */
import { execFileSync } from "node:child_process";

/** Figures by peer, then by name. */
export type PeerFigures = ReadonlyMap<string, ReadonlyMap<string, number>>;

const RUN_TIMEOUT_MS = 10 * 60_000;
const OUTPUT_LIMIT_BYTES = 1 << 20;

export interface PeerRun {
  readonly program: string;
  readonly args: readonly string[];
  /** Folder of the trace. */
  readonly traces: string;
  /** Fresh indexes per ingest figure; the driver gives the fastest. */
  readonly runs: number;
}

/** @throws Error when the driver fails */
export function runPeer({ program, args, traces, runs }: PeerRun): PeerFigures {
  const output = execFileSync(program, args, {
    env: { ...process.env, BENCH_DATA: traces, RUNS: String(runs) },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: RUN_TIMEOUT_MS,
    maxBuffer: OUTPUT_LIMIT_BYTES,
  });
  return parseFigures(output);
}

export function parseFigures(output: string): PeerFigures {
  const peers = new Map<string, Map<string, number>>();
  for (const line of output.split("\n")) {
    if (!line.startsWith("{")) continue;
    const { peer, metric, value } = JSON.parse(line) as { peer: string; metric: string; value: number };
    const figures = peers.get(peer) ?? new Map<string, number>();
    peers.set(peer, figures.set(metric, value));
  }
  return peers;
}
