/** The anomaly catalogue: each entry small, the same for the same seed, and survived by the reference gateway under any seed. */
import type { Happening } from "../plan/plan.js";
import { type Act, type Anomaly, planOf, REMOVALS, type Sketch, STORES } from "./anomaly.js";
import {
  always,
  counted,
  duringFault,
  early,
  everybodySpoke,
  holed,
  ledgerOf,
  restarted,
  some,
  storedMoreThan,
  succeeded,
} from "./evidence.js";

const PAIR = [{}, {}] as const;
const MANY = [...STORES, ...STORES, ...STORES];
const LOAD: readonly Act[] = [...Array<Happening>(10).fill("request"), ...STORES];
const ASKED: readonly Act[] = [...STORES, ...Array<Happening>(40).fill("sample")];
const ROUND: readonly Act[] = ["sample", "cross", "suffix", "cross", "sample", "suffix", "cross", "suffix"];
const QUESTIONS: readonly Act[] = [...ROUND, ...ROUND];
/** Both engines of a pair store the same. */
const TWINS: readonly Act[] = Array.from({ length: 24 }, (_, i) => ["store", `m/${i % 2}`] as const);

const CAP = 40;

interface Entry extends Sketch {
  readonly happened?: Anomaly["happened"];
  readonly excused?: readonly string[];
}

function anomaly(id: string, what: string, exercises: readonly string[], entry: Entry): Anomaly {
  const { happened = always, excused = [], ...sketch } = entry;
  const faults = (sketch.faults ?? []).map((broken) => (typeof broken === "string" ? broken : broken[0]));
  return { id, what, exercises, faults, happened, excused, plan: (seed) => planOf(id, seed, sketch) };
}

export const ANOMALIES: readonly Anomaly[] = [
  anomaly("A-LOST", "stores are dropped on the way", ["C1", "S2"], {
    faults: ["stream.drop"],
    during: MANY,
    after: ASKED,
    happened: some("store", duringFault),
  }),
  anomaly("A-GHOST", "removals are dropped on the way", ["C1", "S1"], {
    faults: ["stream.drop"],
    before: MANY,
    during: [...REMOVALS, ...REMOVALS],
    after: ASKED,
    happened: some("remove", duringFault),
  }),
  anomaly("A-CLEAR", "a clear is dropped on the way", ["C1", "S1"], {
    faults: ["stream.drop"],
    before: MANY,
    during: ["reset", "sample", "store"],
    after: ASKED,
    happened: some("clear", duringFault),
  }),
  anomaly("A-GAP-OLD", "what was missed has left the replay ring", ["S0", "S1"], {
    faults: ["link.partition"],
    fleet: [{ ringBatches: 2 }],
    during: MANY,
    after: ASKED,
    happened: (history) => duringFault(history).length > 2,
  }),
  anomaly("A-GAP-BURNT", "numbers are used up and never sent", ["S0", "M2"], {
    faults: ["engine.burn-seq"],
    during: LOAD,
    happened: (history) => ledgerOf(history).some(({ wire }) => wire === "burnt"),
  }),
  anomaly("A-RESURRECT", "removals arrive live before the replayed stores they undo", ["C1", "S1"], {
    faults: [["stream.drop", 75], "replay.slow"],
    before: MANY,
    during: [...Array<Happening>(15).fill("store"), "evict", "punch", "evict", "reset", "store"],
    after: ASKED,
    happened: some("clear", ledgerOf),
  }),
  anomaly("A-EPOCH", "a restart in place: numbers begin at 0", ["M3", "C1"], {
    faults: ["engine.crash"],
    amount: 0,
    before: MANY,
    after: ASKED,
    happened: restarted((old, young) => young < old),
  }),
  anomaly("A-EPOCH-EQ", "a restart whose numbers reach those of the old life", ["M3", "C1"], {
    faults: ["engine.crash"],
    amount: 0.5,
    before: MANY,
    during: [],
    after: ASKED,
    happened: restarted((old, young) => young === old),
  }),
  anomaly("A-EPOCH-PAST", "a restart whose numbers are past those of the old life", ["M3", "C1"], {
    faults: ["engine.crash"],
    amount: 0.9,
    before: MANY,
    after: ASKED,
    happened: restarted((old, young) => young > old),
  }),
  anomaly("A-LATE", "frames of the old connection come after the new one", ["M1", "C1"], {
    faults: ["link.flap", "stream.delay"],
    during: [...MANY, ...MANY],
    happened: counted("dropped"),
  }),
  anomaly("A-DUP", "batches come twice", ["M1", "C1"], {
    faults: ["stream.duplicate"],
    during: LOAD,
    happened: counted("duplicate"),
  }),
  anomaly("A-ORPHAN", "only children of what is cached are asked for", ["S4", "C1"], {
    faults: ["stream.drop"],
    during: MANY,
    after: [...STORES, ...QUESTIONS],
    happened: some("store", duringFault),
  }),
  anomaly("A-HOLE", "the middle of chains is removed", ["S3", "C1"], {
    before: MANY,
    during: [...Array<Happening>(24).fill("punch")],
    after: [...REMOVALS, ...ASKED],
    happened: holed,
  }),
  anomaly("A-LEAK-MODEL", "the same tokens are asked of another model", ["I1"], {
    models: ["m", "n"],
    fleet: PAIR,
    after: [...STORES, ...QUESTIONS],
    happened: everybodySpoke,
  }),
  anomaly("A-LEAK-LORA", "the same tokens are asked with another adapter or salt", ["I1"], {
    before: MANY,
    after: [...QUESTIONS, ...QUESTIONS],
  }),
  anomaly("A-LEAK-POD", "one engine leaves, the other holds the same", ["I2", "C1"], {
    fleet: PAIR,
    before: TWINS,
    during: [...Array<Happening>(12).fill("sample"), "leave"],
    after: Array<Happening>(30).fill("sample"),
    happened: (history) => history.some((record) => record.k === "member" && record.event === "removed"),
  }),
  anomaly("A-LEAK-TIER", "a block leaves the GPU and stays on the CPU", ["I3", "C1"], {
    fleet: [{ gpuBlocks: 40, cpuBlocks: 200 }],
    before: MANY,
    during: [...MANY, ...REMOVALS],
    after: ASKED,
  }),
  anomaly("A-HASHFORM", "integer and byte hashes in one fleet", ["C1"], {
    fleet: [{}, { intHashes: false }],
    before: TWINS,
    happened: everybodySpoke,
  }),
  anomaly("A-SHAPE", "arrays, maps and maps of maps in one fleet", ["C1"], {
    fleet: [{ dialect: "vllm-0.20" }, { dialect: "vllm-0.30" }, { dialect: "map-batch" }],
    before: [...MANY, ...MANY],
    happened: everybodySpoke,
  }),
  anomaly("A-POISON", "damaged payloads, live and replayed", ["S0", "C1"], {
    faults: ["stream.corrupt"],
    during: MANY,
    happened: counted("rejected"),
  }),
  anomaly("A-SLOWJOIN", "engines publish before anyone subscribes", ["C1", "M2"], {
    fleet: [{ joinsMs: 120 }],
    before: MANY,
    happened: early,
  }),
  anomaly("A-HWM", "the publisher drops beyond its high-water mark", ["C1"], {
    faults: ["stream.overrun"],
    during: [...LOAD, ...MANY],
  }),
  anomaly("A-HALFOPEN", "silence without a reset", ["C1"], { faults: ["link.half-open"], during: MANY }),
  anomaly("A-IPREUSE", "another engine takes the address of one that left", ["M3", "B1", "C1"], {
    fleet: PAIR,
    before: TWINS,
    during: ["replace"],
    after: [...MANY, ...ASKED],
    happened: succeeded,
  }),
  anomaly("A-SKEW", "the engine's clock is an hour off", ["C1", "S2"], {
    fleet: [{ clockSkewS: -3600 }],
    after: Array<Happening>(8).fill("visibility"),
  }),
  anomaly("A-FORGET", "nothing happens for a long time", ["C1"], { before: MANY, during: [], after: [] }),
  anomaly("A-CAP", "the index may hold less than the engines do", ["S0", "S1", "B1"], {
    fleet: [{ gpuBlocks: 240 }],
    capBlocks: CAP,
    before: Array<Happening>(36).fill("store"),
    excused: ["S2", "I3", "L1", "R1", "C1", "M6"],
    happened: storedMoreThan(CAP),
  }),
];
