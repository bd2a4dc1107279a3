/**
 * Listens to one stream of an engine that keeps no ledger, from before its first batch to its end, and writes the ledger in its
 * place: live over SUB, by replay what that missed. A life that ends is not asked any more; one that still runs is asked for its end,
 * because without that nobody could tell whether the last batches came.
 */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { delay } from "../../base/async.js";
import type { Clock } from "../../base/clock.js";
import type { LedgerRecord } from "../../base/ledger.js";
import type { TruthGapRecord } from "../../judge/history/records.js";
import { StreamMerge } from "../../streams/tap/stream-merge.js";
import { StreamTap } from "../../streams/tap/stream-tap.js";
import { LifeTruth, type LifeOf, type Moment } from "./life-truth.js";
import type { ToldBlocks } from "./told-blocks.js";

/** What lay in the sockets of a publisher that died has been read by then. */
const LAST_WORDS_MS = 300;
/** Gaps of one life that are recorded; the first ones explain the rest. */
const MAX_GAPS = 20;

export interface LifeStream extends LifeOf {
  readonly events: string;
  readonly replay: string;
  readonly topic: string;
  readonly ledgerFile: string;
}

export interface TapDeps {
  readonly clock: Clock;
  readonly record: (gap: TruthGapRecord) => void;
}

export class LifeTap {
  readonly #stream: LifeStream;
  readonly #deps: TapDeps;
  readonly #truth: LifeTruth;
  readonly #merge: StreamMerge;
  readonly #tap: StreamTap;
  readonly #ledger: number;
  #gaps = 0;
  #closing: Promise<void> | null = null;

  /** Connects at once; the publisher may come up later. */
  constructor(stream: LifeStream, blocks: ToldBlocks, deps: TapDeps) {
    this.#stream = stream;
    this.#deps = deps;
    mkdirSync(dirname(stream.ledgerFile), { recursive: true });
    this.#ledger = openSync(stream.ledgerFile, "a");
    const { engine, epoch, rank, events, replay, topic } = stream;
    const sink = { append: (record: LedgerRecord) => this.#append(record), gap: (why: string) => this.#gap(why) };
    this.#truth = new LifeTruth({ engine, epoch, rank }, blocks, this.#now(), sink);
    this.#merge = new StreamMerge(0, true, { record: (record) => this.#truth.take(record, this.#now()) });
    const began = performance.now();
    this.#tap = new StreamTap({ engine, rank, events, replay, topic }, this.#merge, {
      nowUs: () => Math.round((performance.now() - began) * 1000),
      drained: () => Promise.resolve(),
    });
    this.#tap.start();
  }

  get connected(): boolean {
    return this.#tap.connections > 0;
  }

  get batches(): number {
    return this.#truth.batches;
  }

  /** The process is gone: what it sent last is read, nothing is asked. */
  ended(): Promise<void> {
    this.#closing ??= delay(LAST_WORDS_MS).then(() => this.#close("leave"));
    return this.#closing;
  }

  /** It still runs: its end is asked for. */
  settled(): Promise<void> {
    this.#closing ??= this.#close("ask");
    return this.#closing;
  }

  async #close(how: "ask" | "leave"): Promise<void> {
    await this.#tap.close(how);
    if (this.#tap.failure !== null) this.#gap(`the tap failed: ${this.#tap.failure.message}`);
    const { foreign } = this.#truth;
    if (how === "ask" && foreign !== null)
      this.#gap(`its publisher began anew although nobody saw its process end (${foreign})`);
    if (how === "ask" && this.#tap.connections === 0) this.#gap(`nobody was heard at ${this.#stream.events}`);
    else if (how === "ask" && this.#merge.lastAnswer !== "end")
      this.#gap(`${this.#stream.replay} did not answer when asked for the last batches`);
    closeSync(this.#ledger);
  }

  #append(record: LedgerRecord): void {
    writeSync(this.#ledger, `${JSON.stringify(record)}\n`);
  }

  #gap(problem: string): void {
    if (++this.#gaps > MAX_GAPS) return;
    const { engine, rank, epoch } = this.#stream;
    this.#deps.record({ k: "truth-gap", at: this.#deps.clock.nowNs(), engine, rank, epoch, problem });
  }

  #now(): Moment {
    return { ns: this.#deps.clock.nowNs(), wallS: this.#deps.clock.wallSeconds() };
  }
}
