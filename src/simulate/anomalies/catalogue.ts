/** The anomaly catalogue: each entry deterministic, small, and survived by the reference gateway. */
import type { Happening } from "../plan/plan.js";
import { type Anomaly, planOf, REMOVALS, type Sketch, STORES } from "./anomaly.js";

const PAIR = [{}, {}] as const;
const LOAD = [...Array<Happening>(10).fill("request"), ...STORES];
const ASKED = [...STORES, ...Array<Happening>(12).fill("sample")];
const QUESTIONS = ["sample", "cross", "suffix", "cross", "sample", "suffix", "cross", "suffix"] as const;

function anomaly(id: string, what: string, exercises: readonly string[], sketch: Sketch): Anomaly {
  return {
    id,
    what,
    exercises,
    faults: sketch.faults ?? [],
    plan: planOf(id, sketch.seed ?? 5, sketch),
  };
}

export const ANOMALIES: readonly Anomaly[] = [
  anomaly("A-LOST", "stores are dropped on the way", ["C1", "S2"], { faults: ["stream.drop"] }),
  anomaly("A-GHOST", "removals are dropped on the way", ["C1", "S1"], { faults: ["stream.drop"], during: REMOVALS }),
  anomaly("A-CLEAR", "a clear is dropped on the way", ["C1"], {
    faults: ["stream.drop"],
    during: ["reset", "sample", "store"],
  }),
  anomaly("A-GAP-OLD", "what was missed has left the replay ring", ["S0"], {
    faults: ["link.partition"],
    fleet: [{ ringBatches: 2 }],
  }),
  anomaly("A-GAP-BURNT", "numbers are used up and never sent", ["S0", "M2"], {
    faults: ["engine.burn-seq"],
    during: LOAD,
  }),
  anomaly("A-RESURRECT", "removals arrive live before the replayed stores they undo", ["C1"], {
    faults: ["stream.drop", "replay.slow"],
    during: [...STORES, ...REMOVALS],
  }),
  anomaly("A-EPOCH", "a restart in place: numbers begin at 0", ["M3", "C1"], {
    faults: ["engine.crash"],
    amount: 0,
    before: [...STORES, ...STORES],
    after: ASKED,
  }),
  anomaly("A-EPOCH-EQ", "a restart whose numbers reach those of the old life", ["M3", "C1"], {
    faults: ["engine.crash"],
    amount: 0.1,
    before: [...STORES, ...STORES],
    after: ASKED,
  }),
  anomaly("A-EPOCH-PAST", "a restart whose numbers are past those of the old life", ["M3", "C1"], {
    faults: ["engine.crash"],
    amount: 0.9,
    before: [...STORES, ...STORES],
    after: ASKED,
  }),
  anomaly("A-LATE", "frames of the old connection come after the new one", ["M1", "C1"], {
    faults: ["link.flap", "stream.delay"],
  }),
  anomaly("A-DUP", "batches come twice", ["M1", "C1"], { faults: ["stream.duplicate"], during: LOAD }),
  anomaly("A-ORPHAN", "only children of what is cached are asked for", ["S4", "C1"], {
    faults: ["stream.drop"],
    after: [...STORES, ...QUESTIONS],
  }),
  anomaly("A-HOLE", "the middle of chains is removed", ["S3", "C1"], { during: REMOVALS, after: REMOVALS }),
  anomaly("A-LEAK-MODEL", "the same tokens are asked of another model", ["I1"], {
    models: ["m", "n"],
    fleet: PAIR,
    after: [...STORES, ...QUESTIONS],
  }),
  anomaly("A-LEAK-LORA", "the same tokens are asked with another adapter or salt", ["I1"], {
    before: [...STORES, ...STORES],
    after: [...QUESTIONS, ...QUESTIONS],
  }),
  anomaly("A-LEAK-POD", "one engine leaves, the other holds the same", ["C1"], {
    fleet: PAIR,
    during: [...STORES, "leave"],
    after: ["sample", "sample", "sample"],
  }),
  anomaly("A-LEAK-TIER", "a block leaves the GPU and stays on the CPU", ["C1"], {
    fleet: [{ cpuBlocks: 32 }],
    during: [...REMOVALS, ...STORES],
  }),
  anomaly("A-HASHFORM", "integer and byte hashes in one fleet", ["C1"], { fleet: [{}, { intHashes: false }] }),
  anomaly("A-SHAPE", "arrays, maps and maps of maps in one fleet", ["C1"], {
    fleet: [{ dialect: "vllm-0.20" }, { dialect: "vllm-0.30" }, { dialect: "map-batch" }],
  }),
  anomaly("A-POISON", "damaged payloads, live and replayed", ["S0", "C1"], { faults: ["stream.corrupt"] }),
  anomaly("A-SLOWJOIN", "engines publish before anyone subscribes", ["C1", "M2"], { fleet: [{ joinsMs: 120 }] }),
  anomaly("A-HWM", "the publisher drops beyond its high-water mark", ["C1"], {
    faults: ["stream.overrun"],
    during: LOAD,
  }),
  anomaly("A-HALFOPEN", "silence without a reset", ["C1"], { faults: ["link.half-open"] }),
  anomaly("A-SKEW", "the engine's clock is an hour off", ["C1", "S2"], {
    fleet: [{ clockSkewS: -3600 }],
    after: ["visibility", "visibility", "visibility", "visibility"],
  }),
  anomaly("A-FORGET", "nothing happens for a long time", ["C1"], { during: [], after: [] }),
  anomaly("A-CAP", "the index may hold less than the engines do", ["B1"], { capBlocks: 200 }),
];
