/** Each invariant is planted broken once: a rule that finds nothing here would find nothing in a fleet. */
import { describe, expect, it } from "vitest";
import type { KvEvent } from "../../protocol/kv-event.js";
import { aBatch, aStream, type BatchFields, cleared, removed, stored } from "../testing/a-trace.js";
import type { TraceRecord } from "../trace/trace-records.js";
import { checkRules, placeText, RULES } from "./finding.js";
import { Linter, type LintReport } from "./linter.js";
import type { LintLimits } from "./life-linter.js";

function lint(records: readonly TraceRecord[], limits: LintLimits = {}): LintReport {
  const linter = new Linter([aStream(), aStream({ engine: "b", rank: 1 })], limits);
  for (const record of records) linter.add(record);
  return linter.report();
}

function linted(batches: readonly (readonly KvEvent[])[], limits?: LintLimits, fields?: BatchFields): LintReport {
  return lint(
    batches.map((events, seq) => aBatch(seq, events, fields)),
    limits,
  );
}

/** `rule place: message`, of violations or notes. */
function told(report: LintReport, severity: "violation" | "note" = "violation"): string[] {
  return report.findings
    .filter((one) => one.severity === severity)
    .map(({ id, place, message }) => `${id} @ ${placeText(place)}: ${message}`);
}

const garbage: TraceRecord = { ...aBatch(0, []), payload: Buffer.from("c1", "hex") };
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

describe("lint", () => {
  it("is silent on a stream that keeps all", () => {
    const report = linted([
      [stored(null, [1, 2, 3])],
      [removed([3]), stored(2, [4])],
      [stored(4, [5], { loraName: null })],
      [cleared, stored(null, [1])],
    ]);
    expect(told(report)).toEqual([]);
    expect(report).toMatchObject({ violations: 0, batches: 4, counts: { cleared: 1 } });
    expect(report.streams[0]).toMatchObject({ name: "a#0", batches: 4, dialect: "vllm-0.30" });
  });

  const at = "a#0 life 1 batch";
  it.each<[keyof typeof RULES, LintReport, string]>([
    [
      "frames",
      lint([{ kind: "odd", stream: 0, life: 1, atUs: 0, frames: [], problem: "an event message has 3 frames, not 0" }]),
      "frames @ a#0 life 1: an event message has 3 frames, not 0",
    ],
    ["decode", lint([garbage]), `decode @ ${at} 0: `],
    ["sequence", lint([aBatch(0, []), aBatch(2, [])]), `sequence @ ${at} 2: expected 1, found 2`],
    [
      "sequence",
      lint([aBatch(0, []), { kind: "hole", stream: 0, life: 1, from: 1, to: 3, why: "lost" }, aBatch(4, [])]),
      `sequence @ ${at} 1: numbers 1 to 3 are missing (lost)`,
    ],
    [
      "ts",
      lint([aBatch(0, [], { ts: 5 }), aBatch(1, [], { ts: 4.5 })]),
      `ts @ ${at} 1: expected at least 5, found 4.5`,
    ],
    ["rank", lint([aBatch(0, [], { stream: 1, rank: 0 })]), "rank @ b#1 life 1 batch 0: expected rank 1, found 0"],
    [
      "shape",
      lint([
        aBatch(0, [stored(null, [1])], { dialect: "vllm-0.22" }),
        aBatch(1, [stored(1, [2])], { dialect: "vllm-0.20" }),
      ]),
      `shape @ ${at} 1 event 0: expected BlockStored of 12 elements, found 10 elements`,
    ],
    [
      "dialect",
      lint([{ ...aBatch(0, []), payload: Buffer.from("93cb3ff800000000000090cc00", "hex") }]),
      `dialect @ ${at} 0: no known release`,
    ],
    [
      "dialect",
      lint([{ ...aBatch(0, []), payload: Buffer.from("93cb3ff80000000000009191a544616e636500", "hex") }]),
      `dialect @ ${at} 0`,
    ],
    [
      "hash",
      linted([
        [stored(null, [1])],
        [stored(1, [], { blockHashes: [bytes(32)], tokenIds: [2, 2, 2, 2], extraKeys: [null] })],
      ]),
      `hash @ ${at} 1 event 0: expected a number, found 32 bytes`,
    ],
    [
      "hash",
      linted([[stored(null, [1], { blockHashes: [bytes(4)] })]]),
      `hash @ ${at} 0 event 0: expected a digest of at least 8 bytes, found 4`,
    ],
    [
      "hash",
      linted([[stored(null, [1], { blockHashes: [-1n], sessionId: "s" })]]),
      `hash @ ${at} 0 event 0: expected a number from 0 to 2^64-1, found -1`,
    ],
    [
      "parent",
      linted([[stored(9, [1])]]),
      `parent @ ${at} 0 event 0: expected parent 9 to be stored before, but it never was`,
    ],
    [
      "parent",
      linted([[stored(null, [9]), removed([9]), stored(9, [1])]]),
      `parent @ ${at} 0 event 2: expected parent 9 to be held, but it was removed`,
    ],
    [
      "parent",
      linted([[stored(null, [9], { groupIdx: 1 })], [stored(9, [1])]]),
      `parent @ ${at} 1 event 0: expected parent 9 to be stored`,
    ],
    [
      "tokens",
      linted([[stored(null, [1, 2], { tokenIds: [1, 1, 1, 1] })]]),
      `tokens @ ${at} 0 event 0: expected 2 × 4 = 8 tokens, found 4`,
    ],
    [
      "extra-keys",
      linted([[stored(null, [1, 2], { extraKeys: [null] })]]),
      `extra-keys @ ${at} 0 event 0: expected 2 entries, found 1`,
    ],
    [
      "removal",
      linted([[stored(null, [1]), removed([1])], [removed([1])]]),
      `removal @ ${at} 1 event 0: expected 1 to be held in GPU, found no copy`,
    ],
    ["removal", linted([[removed([5])]]), `removal @ ${at} 0 event 0: expected 5`],
    [
      "removal",
      linted([[stored(null, [1])], [removed([1], { groupIdx: 1 })]]),
      `removal @ ${at} 1 event 0: expected 1`,
    ],
    [
      "capacity",
      linted([[stored(null, [1, 2])], [stored(2, [3, 4])]], { blocks: 4 }),
      `capacity @ ${at} 1: expected at most 3 blocks held, found 4`,
    ],
  ])("finds a broken rule and its place: %s", (_, report, finding) => {
    expect(told(report)).toHaveLength(report.violations);
    expect(told(report).join("\n")).toContain(finding);
  });

  it("has a planted violation for every rule", () => {
    expect(Object.keys(RULES)).toHaveLength(13);
  });

  it("does not blame a publisher for what was before the recording", () => {
    const late = lint([aBatch(7, [removed([3]), stored(2, [4])]), aBatch(8, [removed([4])])]);
    expect(told(late)).toEqual([]);
    expect(late.counts).toEqual({ "late-join": 1, "unknown-parent": 1, "unknown-removal": 1 });
    const twice = lint([aBatch(7, [stored(null, [4])]), aBatch(8, [removed([4])]), aBatch(9, [removed([4])])]);
    expect(told(twice)).toEqual([`removal @ ${at} 9 event 0: expected 4 to be held in GPU, found no copy`]);
  });

  it("takes what real engines do for a note: second copies, restarts, sliding windows, offload placeholders", () => {
    const sliding = { groupIdx: 1, specKind: "sliding_window", slidingWindow: 8 };
    const report = lint([
      aBatch(0, [stored(null, [1])]),
      aBatch(1, [stored(null, [1])]),
      aBatch(2, [removed([1]), removed([1])]),
      aBatch(3, [stored(5, [1], { ...sliding, tokenIds: [0, 0, 0, 0, 1, 1, 1, 1] })]),
      aBatch(4, [stored(1, [], { ...sliding, tokenIds: [2, 2, 2, 2] })]),
      aBatch(5, [stored(null, [8], { tokenIds: [], blockSize: 0, medium: "CPU" })]),
      aBatch(0, [stored(null, [2])], { life: 2 }),
    ]);
    expect(told(report)).toEqual([]);
    expect(report.counts).toEqual({ "second-copy": 1, "empty-store": 1, placeholder: 1, restart: 1 });
    expect(report.streams[0]?.lives).toBe(2);
  });

  it("lets a signed hash pass where the release has signed ones", () => {
    const signed = [[stored(null, [1], { blockHashes: [-5n] })]];
    expect(told(linted(signed, {}, { dialect: "sglang-map" }))).toEqual([]);
    expect(told(linted(signed, {}, { dialect: "vllm-0.9.1" }))).toEqual([]);
    expect(told(linted(signed, {}, { dialect: "vllm-0.22" }))).not.toEqual([]);
  });

  it("leaves out the rules it is told to, and refuses names that are none", () => {
    const broken = [[stored(9, [1])]];
    expect(linted(broken, { ignored: checkRules(["parent"]) }).violations).toBe(0);
    expect(() => checkRules(["parnet"])).toThrow(/no rule "parnet"; rules: frames, /);
  });
});
