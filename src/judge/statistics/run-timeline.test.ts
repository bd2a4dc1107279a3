import { describe, expect, it } from "vitest";
import type { HistoryRecord } from "../history/records.js";
import { at, fault, life, phase, stream } from "../testing/single-records.js";
import type { TimelineItem } from "../verdict.js";
import { RunTimeline } from "./run-timeline.js";

/** Most that a report can show. */
const MOST_ITEMS = 2000;

function timelineOf(records: readonly HistoryRecord[], endMs = 900): TimelineItem[] {
  const timeline = new RunTimeline(at(0));
  for (const record of records) timeline.note(record);
  return timeline.items(at(endMs));
}

const mark = (ms: number, name: string, detail?: string): HistoryRecord =>
  detail === undefined ? { k: "mark", at: at(ms), name } : { k: "mark", at: at(ms), name, detail };

describe("the timeline", () => {
  it("shows phases as intervals, each until the next one, the last until the end of the run", () => {
    const items = timelineOf([phase(0, "warmup"), phase(100.25, "steady"), phase(500, "end")]);
    expect(items).toEqual([
      { tMs: 0, endMs: 100.25, lane: "phases", kind: "phase", label: "warmup" },
      { tMs: 100.25, endMs: 500, lane: "phases", kind: "phase", label: "steady" },
    ]);
    expect(timelineOf([phase(0, "warmup")], 77.0005)).toEqual([
      { tMs: 0, endMs: 77.001, lane: "phases", kind: "phase", label: "warmup" },
    ]);
  });

  it("shows the lives of an engine, and what happened to it", () => {
    const items = timelineOf([
      life(10, "a", "starting"),
      life(20, "a", "ready"),
      life(30, "a", "killed"),
      life(31, "a", "down"),
      life(40, "a", "starting", { epoch: 2 }),
      life(50, "a", "ready", { epoch: 2 }),
      life(60, "a", "down", { epoch: 2, unexpected: true }),
    ]);
    const shown = { lane: "a", kind: "engine" };
    expect(items).toEqual([
      { tMs: 10, endMs: 31, ...shown, label: "life 1" },
      { tMs: 20, ...shown, label: "ready" },
      { tMs: 30, ...shown, label: "killed" },
      { tMs: 31, ...shown, label: "down" },
      { tMs: 40, endMs: 60, ...shown, label: "life 2" },
      { tMs: 50, ...shown, label: "ready" },
      { tMs: 60, ...shown, label: "ended unexpectedly" },
    ]);
  });

  it("begins a life where an engine was first seen ready, or started again though nobody saw it end", () => {
    const items = timelineOf([
      life(10, "a", "ready"),
      life(20, "b", "ready"),
      life(30, "a", "starting", { epoch: 2 }),
      life(40, "c", "frozen"),
    ]);
    expect(items).toEqual([
      { tMs: 10, endMs: 30, lane: "a", kind: "engine", label: "life 1" },
      { tMs: 10, lane: "a", kind: "engine", label: "ready" },
      { tMs: 20, endMs: 900, lane: "b", kind: "engine", label: "life 1" },
      { tMs: 20, lane: "b", kind: "engine", label: "ready" },
      { tMs: 30, endMs: 900, lane: "a", kind: "engine", label: "life 2" },
      // Nobody knows since when it lives.
      { tMs: 40, lane: "c", kind: "engine", label: "frozen" },
    ]);
  });

  it("shows faults from injection to recovery, and what was seen of them in between", () => {
    const items = timelineOf([
      fault(10, "cut", "injected"),
      fault(15, "lag", "injected"),
      fault(20, "cut", "effective"),
      fault(30, "cut", "recovering"),
      fault(40, "cut", "recovered"),
      fault(50, "lag", "failed"),
    ]);
    const shown = { lane: "faults", kind: "fault" };
    expect(items).toEqual([
      { tMs: 10, endMs: 40, ...shown, label: "cut: link.partition" },
      { tMs: 15, endMs: 900, ...shown, label: "lag: link.partition" },
      { tMs: 20, ...shown, label: "cut effective" },
      { tMs: 30, ...shown, label: "cut recovering" },
      { tMs: 50, ...shown, label: "lag failed" },
    ]);
  });

  it("shows gaps and replays when a stream's counts of them grew, rank by rank", () => {
    const items = timelineOf([
      stream(10, "a"),
      stream(20, "a", { gaps: 2 }),
      stream(30, "a", { gaps: 2, replayedBatches: 3 }),
      stream(30, "a", { rank: 1, gaps: 1 }),
      stream(40, "a", { gaps: 3, replayedBatches: 8 }),
      stream(50, "a", { gaps: 3, replayedBatches: 8 }),
      stream(60, "b", { replayedBatches: 4 }),
    ]);
    expect(items).toEqual([
      { tMs: 20, lane: "a", kind: "gap", label: "rank 0: 2 gap(s)" },
      { tMs: 30, lane: "a", kind: "replay", label: "rank 0: 3 batches replayed" },
      { tMs: 30, lane: "a", kind: "gap", label: "rank 1: 1 gap(s)" },
      { tMs: 40, lane: "a", kind: "gap", label: "rank 0: 1 gap(s)" },
      { tMs: 40, lane: "a", kind: "replay", label: "rank 0: 5 batches replayed" },
      { tMs: 60, lane: "b", kind: "replay", label: "rank 0: 4 batches replayed" },
    ]);
  });

  it("shows membership, adapters and marks where they happened", () => {
    const items = timelineOf([
      { k: "member", at: at(10), engine: "a", event: "added", startedAt: at(9) },
      { k: "adapter", at: at(20), engine: "a", adapter: "sql@1", event: "loaded" },
      mark(30, "scaled"),
      mark(40, "gateway", "ready"),
      { k: "generator", at: at(50), phase: "steady", offered: 1, sent: 1, latenessP99Ms: 0 },
    ]);
    expect(items).toEqual([
      { tMs: 10, lane: "a", kind: "member", label: "added as a member" },
      { tMs: 20, lane: "a", kind: "adapter", label: "sql@1 loaded" },
      { tMs: 30, lane: "marks", kind: "mark", label: "scaled" },
      { tMs: 40, lane: "marks", kind: "mark", label: "gateway: ready" },
    ]);
  });

  it("stops growing when it is full, and still ends what is on it", () => {
    const marks = Array.from({ length: MOST_ITEMS }, (_, i) => mark(2 + i / 1000, "tick"));
    const items = timelineOf([fault(1, "cut", "injected"), ...marks, fault(6, "lag", "injected"), phase(7, "steady")]);
    expect(items).toHaveLength(MOST_ITEMS);
    expect(items[0]).toEqual({ tMs: 1, endMs: 900, lane: "faults", kind: "fault", label: "cut: link.partition" });
    expect(items.at(-1)).toMatchObject({ label: "tick" });
  });
});
