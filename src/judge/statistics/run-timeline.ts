/** What happened when, for the report's time axis: phases, engine lives, membership, faults, gaps, replays, adapters, marks. */
import type { EngineRecord, FaultRecord, HistoryRecord, StreamRecord } from "../history/records.js";
import type { TimelineItem } from "../verdict.js";

const MAX_ITEMS = 2000;

type Item = { -readonly [K in keyof TimelineItem]: TimelineItem[K] };

export class RunTimeline {
  readonly #startAt: number;
  readonly #items: Item[] = [];
  /** Intervals that have begun and not ended. */
  readonly #open = new Map<string, Item>();
  readonly #streams = new Map<string, StreamRecord>();

  constructor(startAt: number) {
    this.#startAt = startAt;
  }

  note(record: HistoryRecord): void {
    const { k, at } = record;
    if (k === "phase") this.#phase(at, record.name);
    else if (k === "engine") this.#engine(record);
    else if (k === "member") this.#instant(at, record.engine, "member", `${record.event} as a member`);
    else if (k === "adapter") this.#instant(at, record.engine, "adapter", `${record.adapter} ${record.event}`);
    else if (k === "fault") this.#fault(record);
    else if (k === "stream") this.#stream(record);
    else if (k === "mark") {
      const detail = record.detail === undefined ? "" : `: ${record.detail}`;
      this.#instant(at, "marks", "mark", record.name + detail);
    }
  }

  /** Intervals still open last until `endAt`. */
  items(endAt: number): TimelineItem[] {
    for (const key of this.#open.keys()) this.#end(key, endAt);
    return this.#items;
  }

  #phase(at: number, name: string): void {
    this.#end("phase", at);
    if (name !== "end") this.#begin("phase", { at, lane: "phases", kind: "phase", label: name });
  }

  #engine(record: EngineRecord): void {
    const life = `life ${record.engine}`;
    const label = `life ${record.epoch}`;
    if (record.event === "starting" || (record.event === "ready" && !this.#open.has(life))) {
      this.#end(life, record.at);
      this.#begin(life, { at: record.at, lane: record.engine, kind: "engine", label });
    } else if (record.event === "down") this.#end(life, record.at);
    const shown = record.unexpected === true ? "ended unexpectedly" : record.event;
    if (record.event !== "starting") this.#instant(record.at, record.engine, "engine", shown);
  }

  #fault(record: FaultRecord): void {
    const key = `fault ${record.id}`;
    if (record.event === "injected") {
      this.#begin(key, { at: record.at, lane: "faults", kind: "fault", label: `${record.id}: ${record.fault}` });
    } else if (record.event === "recovered") this.#end(key, record.at);
    else this.#instant(record.at, "faults", "fault", `${record.id} ${record.event}`);
  }

  #stream(record: StreamRecord): void {
    const key = `${record.engine}#${record.rank}`;
    const before = this.#streams.get(key);
    this.#streams.set(key, record);
    const gaps = record.gaps - (before?.gaps ?? 0);
    const replayed = record.replayedBatches - (before?.replayedBatches ?? 0);
    if (gaps > 0) this.#instant(record.at, record.engine, "gap", `rank ${record.rank}: ${gaps} gap(s)`);
    if (replayed > 0)
      this.#instant(record.at, record.engine, "replay", `rank ${record.rank}: ${replayed} batches replayed`);
  }

  #begin(key: string, item: { at: number; lane: string; kind: TimelineItem["kind"]; label: string }): void {
    const begun = this.#instant(item.at, item.lane, item.kind, item.label);
    if (begun !== null) this.#open.set(key, begun);
  }

  #end(key: string, at: number): void {
    const item = this.#open.get(key);
    if (item !== undefined) item.endMs = this.#ms(at);
    this.#open.delete(key);
  }

  #instant(at: number, lane: string, kind: TimelineItem["kind"], label: string): Item | null {
    if (this.#items.length >= MAX_ITEMS) return null;
    const item: Item = { tMs: this.#ms(at), lane, kind, label };
    this.#items.push(item);
    return item;
  }

  #ms(at: number): number {
    return Math.round((at - this.#startAt) / 1e3) / 1e3;
  }
}
