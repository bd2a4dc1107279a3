/**
 * Our core and the peers in turns, each turn a fresh process on the same trace files: a machine that is slow for a while is slow for
 * all. Ratios are taken within a round; the rounds' medians are compared with the targets.
 */
import { COMMON_KINDS, commonTraces } from "../common-traces.js";
import { buildPeers } from "./build-peers.js";
import type { PeerProgram, Peers } from "./build-peers.js";
import { measureOurs } from "./our-turn.js";
import type { OurFigures } from "./our-turn.js";
import { runPeer } from "./peer-figures.js";
import type { PeerFigures } from "./peer-figures.js";

export interface Round {
  readonly ours: OurFigures;
  readonly peers: PeerFigures;
}
export interface SideBySide {
  readonly rounds: readonly Round[];
  /** Bytes and answers, which do not vary between rounds. */
  readonly once: PeerFigures;
  readonly leftOut: readonly string[];
}

export interface SideBySideOptions {
  readonly bench: string;
  readonly seed: number;
  readonly rounds: number;
  readonly progress: (line: string) => void;
}

/** Fresh indexes per turn and ingest figure; the fastest counts, for us as for them. */
export const RUNS_PER_TURN = 3;
/** What is measured in every round; the others once. */
const EVERY_ROUND: readonly PeerProgram[] = ["dynamo", "smg"];

export function measureSideBySide(options: SideBySideOptions): SideBySide {
  const { bench, seed, progress } = options;
  const peers = buildPeers(bench, progress);
  if (peers.programs.size === 0) return { rounds: [], once: new Map(), leftOut: peers.leftOut };
  const traces = commonTraces(bench, "main");
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    progress(`side by side, round ${round + 1} of ${options.rounds}`);
    rounds.push(oneRound(peers, traces, seed + round, round % 2 === 1));
  }
  progress("side by side: memory and answers of the peers");
  return { rounds, once: measureOnce(peers, bench), leftOut: peers.leftOut };
}

/** Every second round in reverse order. */
function oneRound(peers: Peers, traces: string, seed: number, reverse: boolean): Round {
  let ours: OurFigures | undefined;
  let figures: PeerFigures = new Map();
  const turns = [
    () => void (ours = measureOurs(seed, RUNS_PER_TURN)),
    ...EVERY_ROUND.map((peer) => () => void (figures = merged(figures, run(peers, peer, ["main"], traces)))),
  ];
  for (const turn of reverse ? turns.reverse() : turns) turn();
  return { ours: ours as OurFigures, peers: figures };
}

function measureOnce(peers: Peers, bench: string): PeerFigures {
  let figures = run(peers, "dynamo", ["main", "mem"], commonTraces(bench, "main"), 1);
  for (const kind of COMMON_KINDS) {
    const traces = commonTraces(bench, kind);
    if (kind !== "main") for (const peer of EVERY_ROUND) figures = merged(figures, run(peers, peer, [kind], traces, 1));
    figures = merged(figures, run(peers, "floor", [kind], traces, RUNS_PER_TURN));
  }
  return figures;
}

function run(peers: Peers, peer: PeerProgram, args: string[], traces: string, runs = RUNS_PER_TURN): PeerFigures {
  const program = peers.programs.get(peer);
  return program === undefined ? new Map() : runPeer({ program, args, traces, runs });
}

function merged(one: PeerFigures, other: PeerFigures): PeerFigures {
  const both = new Map(one);
  for (const [peer, figures] of other) both.set(peer, new Map([...(both.get(peer) ?? []), ...figures]));
  return both;
}
