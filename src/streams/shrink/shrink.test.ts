/** Shrinking without sockets: the searches and repairs, on questions that are answered here. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KvEvent } from "../../protocol/kv-event.js";
import { Linter } from "../lint/linter.js";
import { NaiveFleet } from "../oracle/naive-fleet.js";
import { aBatch, aStream, aTrace, cleared, stored } from "../testing/a-trace.js";
import { randomBatches } from "../testing/random-trace.js";
import { traceFacts } from "../trace/trace-facts.js";
import type { TraceRecord } from "../trace/trace-records.js";
import { ddmin } from "./ddmin.js";
import { markersOf } from "./marker.js";
import { fewerBlocks, fewerEvents, fewerSteps } from "./passes.js";
import { repaired } from "./repair.js";
import { type Scene, sceneOf, traceOf } from "./scene.js";
import { simplified } from "./simplify.js";

const STREAMS = [aStream(), aStream({ engine: "b" })];

function lintOf(records: readonly TraceRecord[]): number {
  const linter = new Linter(STREAMS, {});
  for (const record of records) linter.add(record);
  return linter.report().violations;
}

const eventsOf = ({ steps }: Scene): KvEvent[] => steps.flatMap(({ events }) => events ?? []);

describe("ddmin", () => {
  it("finds any needed set, and asks the same way each time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 1, maxLength: 5 }), async (needed) => {
        const items = Array.from({ length: 61 }, (_, i) => i);
        const asked: string[] = [];
        const fails = async (part: readonly number[]): Promise<boolean> => {
          asked.push(part.join());
          return needed.every((one) => part.includes(one));
        };
        expect(await ddmin(items, fails)).toEqual(needed.toSorted((a, b) => a - b));
        const first = asked.splice(0);
        await ddmin(items, fails);
        expect(asked).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a shrunk scene", () => {
  it("is what an engine could have sent, whatever was taken out", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        async (seed, kept) => {
          const scene = await sceneOf(aTrace(randomBatches(seed, 40, 2), STREAMS));
          expect(lintOf(traceOf(scene).records)).toBe(0);
          const part = repaired({ ...scene, steps: scene.steps.filter((_, i) => kept[i]) });
          const { header, records } = traceOf(part);
          const linter = new Linter(header.streams, {});
          for (const record of records) linter.add(record);
          expect(linter.report().findings.filter(({ severity }) => severity === "violation")).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the bytes of batches that were not touched, and numbers them without a hole, per life", async () => {
    const batches = [aBatch(5, [stored(null, [1])]), aBatch(7, [cleared]), aBatch(0, [cleared], { life: 4 })];
    const { records } = traceOf(await sceneOf(aTrace(batches)));
    const told = records.map((record) => (record.kind === "batch" ? `${record.life}:${record.seq}` : record.kind));
    expect(told).toEqual(["life", "1:0", "1:1", "life", "2:0"]);
    const payloads = records.flatMap((record) => (record.kind === "batch" ? [Buffer.from(record.payload)] : []));
    expect(payloads).toEqual(batches.map(({ payload }) => Buffer.from(payload)));
  });

  it("gets down to the events and blocks that matter, in one readable form", async () => {
    const scene = await sceneOf(aTrace(randomBatches(3, 60, 2), STREAMS));
    // The "defect": the first engine removes this block, and the second has stored that one.
    const ofStream = (part: Scene, stream: number): KvEvent[] =>
      eventsOf({ ...part, steps: part.steps.filter((step) => step.stream === stream) });
    const hashesOf = (events: readonly KvEvent[], type: "stored" | "removed"): bigint[] =>
      events.flatMap((event) => (event.type === type ? (event.blockHashes as bigint[]) : []));
    const gone = hashesOf(ofStream(scene, 0), "removed")[2] as bigint;
    const come = hashesOf(ofStream(scene, 1), "stored")[9] as bigint;
    const fails = async (part: Scene): Promise<boolean> => {
      const sound = repaired(part);
      return (
        hashesOf(ofStream(sound, 0), "removed").includes(gone) && hashesOf(ofStream(sound, 1), "stored").includes(come)
      );
    };
    let left = scene;
    for (const pass of [fewerSteps, fewerEvents, fewerBlocks]) left = repaired(await pass(left, fails));
    const rest = [
      hashesOf(ofStream(left, 0), "removed"),
      hashesOf(ofStream(left, 0), "stored").at(-1),
      hashesOf(ofStream(left, 1), "removed"),
    ];
    expect(rest).toEqual([[gone], gone, []]);
    expect(hashesOf(ofStream(left, 1), "stored").at(-1)).toBe(come);
    const readable = await simplified(left, async () => true);
    expect(eventsOf(readable).every((event) => event.type !== "stored" || event.blockSize === 1)).toBe(true);
  });

  it("ends in markers that a reader of the whole stream, and no other, can answer", async () => {
    const scene = await sceneOf(aTrace([...randomBatches(5, 20, 2), aBatch(0, [cleared], { life: 2 })], STREAMS));
    const markers = markersOf(scene);
    const { header, records } = traceOf(
      scene,
      markers.map(({ step }) => step),
    );
    const facts = await traceFacts(aTrace(records, header.streams));
    const naive = new NaiveFleet(facts);
    for (const record of records.slice(0, -2)) naive.see(record);
    for (const { question } of markers) expect(naive.answer(question)).toEqual({});
    for (const record of records.slice(-2)) naive.see(record);
    expect(markers.map(({ engine, question }) => [engine, naive.answer(question)])).toEqual([
      ["a", { a: 1 }],
      ["b", { b: 1 }],
    ]);
  });
});
