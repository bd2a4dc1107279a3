/** Beside the peers: ratios are taken within a round, a missed requirement is seen, and what cannot be built is left out with its reason. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WorkloadResult } from "../report.js";
import { coreTargets } from "../targets.js";
import { WORK_VARIABLE } from "../work-folder.js";
import { buildPeers } from "./build-peers.js";
import { parseFigures, runPeer } from "./peer-figures.js";
import type { Round, SideBySide } from "./side-by-side.js";

const PEER = "dynamo-RadixTree-1.6.1";
const spread = (fastest: number) => ({ median: fastest, fastest, slowest: fastest, runs: 3 });

function aRound(ours: number, peer: number): Round {
  const workload: WorkloadResult = {
    workload: "common/main",
    description: "",
    ingest_mops: { map: spread(ours) },
    decode_mops: {},
    match: { "625": { questions: 10, p50_us: 8, p99_us: 10 } },
    bytes_per_resident_block: 40,
    questions: 10,
    wrong_answers: { map: 0 },
  };
  const figures = { ingest_wire_map: peer, q625_total_p50_us: 4, q625_total_p99_us: 2 };
  return { ours: { workload, forgetMs: 0.2 }, peers: new Map([[PEER, new Map(Object.entries(figures))]]) };
}
function beside(rounds: readonly Round[]): SideBySide {
  return { rounds, once: new Map([[PEER, new Map([["mem_bytes_per_pair", 80]])]]), leftOut: [] };
}
const verdictOf = (targets: ReturnType<typeof coreTargets>, figure: string) =>
  targets.find((target) => target.figure.startsWith(figure));

describe("targets", () => {
  it("takes each ratio within its round, so that a slow stretch of the machine hits both sides", () => {
    const rounds = [aRound(2, 1), aRound(1, 0.5), aRound(4, 1.9)];
    const ingest = verdictOf(coreTargets([], {}, null, beside(rounds)), "ingest");
    expect(ingest).toMatchObject({ value: 2, range: [2, 4 / 1.9], ours: 2, peer: 1, verdict: "aim" });
  });
  it("tells the aim, the requirement and a miss apart, in the figure's own direction", () => {
    const targets = coreTargets([], {}, { forget_ms: 0.5, sweep_ms: 1 }, beside([aRound(1.4, 1)]));
    expect(targets.map(({ verdict }) => verdict)).toEqual([
      "required",
      "required",
      "missed",
      "aim",
      "required",
      "not measured",
    ]);
  });
  it("counts a single wrong answer on any trace as a miss", () => {
    const right = { ...aRound(1, 1).ours.workload, wrong_answers: { map: 0, array: 0 } };
    expect(verdictOf(coreTargets([right], { "holes, seed 2": 0 }, null, beside([])), "wrong")?.verdict).toBe("aim");
    expect(verdictOf(coreTargets([right], { "holes, seed 2": 1 }, null, beside([])), "wrong")?.verdict).toBe("missed");
  });
  it("misses no ratio that could not be taken", () => {
    const targets = coreTargets([], {}, null, { rounds: [], once: new Map(), leftOut: ["no cargo"] });
    expect(new Set(targets.map(({ verdict }) => verdict))).toEqual(new Set(["not measured"]));
  });
});

describe("peers", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kvproof-peers-"));
    vi.stubEnv(WORK_VARIABLE, join(folder, "work"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A `cargo` that says its version and fails to build. */
  function brokenCargo(): void {
    const program = join(folder, "cargo");
    writeFileSync(
      program,
      '#!/bin/sh\n[ "$1" = --version ] && echo "cargo 1.0" && exit 0\necho "no such crate" >&2\nexit 101\n',
    );
    chmodSync(program, 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  }
  function drivers(): string {
    for (const peer of ["dynamo", "smg", "floor"]) mkdirSync(join(folder, "bench", "rust", peer), { recursive: true });
    for (const peer of ["dynamo", "smg", "floor"])
      writeFileSync(join(folder, "bench", "rust", peer, "Cargo.toml"), "[package]\n");
    return join(folder, "bench");
  }

  it("are left out, with the reason, without their drivers, without cargo, and when they do not build", () => {
    const built = () => buildPeers(join(folder, "bench"), () => undefined);
    expect(built().leftOut).toEqual(["../shared/bench holds no drivers of other indexers"]);
    drivers();
    vi.stubEnv("PATH", folder);
    expect(built()).toEqual({ programs: new Map(), leftOut: ["cargo is not installed"] });
    vi.unstubAllEnvs();
    vi.stubEnv(WORK_VARIABLE, join(folder, "work"));
    brokenCargo();
    expect(built().programs.size).toBe(0);
    expect(built().leftOut).toEqual(["dynamo", "smg", "floor"].map((peer) => `${peer} does not build: no such crate`));
  });
  it("are read line by line, notes passed over", () => {
    const program = join(folder, "peer");
    const line = '{\\"peer\\":\\"p\\",\\"metric\\":\\"m\\",\\"value\\":1.5,\\"note\\":\\"\\"}';
    writeFileSync(program, `#!/bin/sh\necho "# a note"\necho "${line}"\necho "$BENCH_DATA $RUNS $1" >&2\n`);
    chmodSync(program, 0o755);
    const figures = runPeer({ program, args: ["main"], traces: folder, runs: 3 });
    expect(figures).toEqual(new Map([["p", new Map([["m", 1.5]])]]));
    expect(parseFigures("").size).toBe(0);
  });
});
