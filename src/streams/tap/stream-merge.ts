/**
 * One publisher's live batches and replays, merged into one gapless run per life. No socket, no clock: what comes in are
 * messages, what goes out are records, and `request` says which replay is wanted next.
 *
 *   joining   ask for everything; its first number is where the stream begins for us
 *   gap       what came too early is held while the missing numbers are asked for, three fruitless times at most; then a hole
 *   restart   a number from before with other bytes: a new life that must begin at 0
 *   verify    after a reconnect the last batch is asked for again; other bytes, or none, mean a new life
 */
import { BatchMemory } from "./batch-memory.js";
import type { BatchRecord, HoleRecord, LifeRecord, OddRecord } from "../trace/trace-records.js";

/** Replays in a row without the next number; ROUTER sockets lose replies (vLLM, SNDHWM 1000), so one proves nothing. */
const MAX_FRUITLESS = 3;
/** Held live while a replay runs. */
const MAX_HELD_BATCHES = 100_000;
const MAX_HELD_BYTES = 256 << 20;

export interface MergeSink {
  record(record: BatchRecord | HoleRecord | LifeRecord | OddRecord): void;
}

export interface ArrivedBatch {
  readonly seq: number;
  readonly topic: string | null;
  readonly payload: Uint8Array;
  readonly atUs: number;
}

/** One replay that is wanted or being had. */
export interface Round {
  readonly from: number;
  readonly verify: boolean;
  /** The batch that must come again, with the same bytes, before later ones belong to the same life. */
  unproven: number | null;
  /** Where the run stood when the round began. */
  readonly before: number | null;
  replies: number;
  /** Later replies of this round do not join what we have. */
  broken: boolean;
  /** To be asked once more. */
  doubtful: boolean;
}

export interface MergeCounters {
  duplicates: number;
  replayed: number;
  rounds: number;
}

export class StreamMerge {
  readonly counters: MergeCounters = { duplicates: 0, replayed: 0, rounds: 0 };
  readonly #stream: number;
  #replayable: boolean;
  readonly #sink: MergeSink;
  readonly #memory = new BatchMemory();
  #life = 0;
  /** Next number of the run; null while nothing says where the stream begins. */
  #next: number | null = null;
  #round: Round | null = null;
  #fruitless = 0;
  #held: ArrivedBatch[] = [];
  #heldBytes = 0;
  #verifyDue = false;
  #lastAnswer: "end" | "silent" | null = null;
  /** A replay brought nothing where the last batch had to be. */
  #doubted = false;

  constructor(stream: number, replayable: boolean, sink: MergeSink) {
    this.#stream = stream;
    this.#replayable = replayable;
    this.#sink = sink;
    this.#startLife(0, "the recording began");
    this.#next = null;
    if (replayable) this.#ask(0);
  }

  /** The replay that is wanted, or being had; null = none. */
  get round(): Round | null {
    return this.#round;
  }
  /** The number that would come next, null = unknown. */
  get next(): number | null {
    return this.#next;
  }

  /** How the last replay ended; null = none has. After a {@link check}, "end" says that nothing is missing. */
  get lastAnswer(): "end" | "silent" | null {
    return this.#lastAnswer;
  }

  live(batch: ArrivedBatch): void {
    if (this.#round === null) {
      this.#take(batch, "live");
      return;
    }
    this.#held.push(batch);
    this.#heldBytes += batch.payload.length;
    if (this.#held.length > MAX_HELD_BATCHES || this.#heldBytes > MAX_HELD_BYTES) this.giveUp();
  }

  odd(frames: readonly Uint8Array[], problem: string, atUs: number): void {
    this.#sink.record({ kind: "odd", stream: this.#stream, life: this.#life, atUs, frames, problem });
  }

  /** One reply of a replay; of a replay given up meanwhile it is ignored. */
  reply(of: Round, batch: ArrivedBatch): void {
    const round = this.#round;
    if (round === null || of !== round) return;
    round.replies++;
    if (round.broken) return;
    const { seq } = batch;
    if (round.unproven !== null && this.#disproves(round, batch)) return;
    if (this.#next === null && seq > 0 && this.#fruitless === 0) {
      // The first of all is not known to be the first: the start may have been lost on the way. Asked once more.
      round.broken = true;
    } else if (this.#next === null || seq === this.#next) {
      this.counters.replayed++;
      this.#emit(batch, "replay");
    } else if (seq > this.#next) {
      // A later round may bring it: only the last one's word is taken for it that the rest is gone.
      if (this.#fruitless < MAX_FRUITLESS - 1) round.broken = true;
      else {
        this.#hole(this.#next, seq - 1, "a replay does not bring them (no longer kept, or lost on the way)");
        this.counters.replayed++;
        this.#emit(batch, "replay");
      }
    } else if (this.#memory.compare(seq, batch.payload) === "other") {
      this.#startLife(batch.atUs, `number ${seq} came again with other bytes`);
      round.broken = true;
    }
  }

  /** A replay is over: END was read, or it fell silent. */
  roundEnded(round: Round, how: "end" | "silent", atUs: number): void {
    if (round !== this.#round) return;
    this.#round = null;
    this.#lastAnswer = how;
    const nothing = how === "end" && round.replies === 0;
    if (round.doubtful || (nothing && this.#nothingKept(round, atUs))) return this.#ask(round.from, true);
    this.#doubted = false;
    if (this.#next !== round.before) this.#fruitless = 0;
    else if (!round.verify) this.#fruitless++;
    if (round.broken && this.#fruitless < MAX_FRUITLESS) return this.#ask(this.#next ?? 0);
    if (this.#next === null && how === "silent" && this.#fruitless < MAX_FRUITLESS) return this.#ask(0);
    this.#drain();
    if (this.#round === null && this.#verifyDue) this.check();
  }

  /** A connection was made anew, or time has come to look: is this still the same life, and is there more? */
  check(): void {
    if (!this.#replayable) return;
    this.#verifyDue = this.#round !== null;
    if (this.#verifyDue) return;
    this.#ask(Math.max(0, (this.#next ?? 0) - 1), true);
  }

  /** Nothing more is asked or awaited. */
  close(): void {
    this.#replayable = false;
    this.giveUp();
  }

  /** Ends the replay at hand: what is held is taken as it is, and what is missing becomes holes. */
  giveUp(): void {
    this.#round = null;
    this.#verifyDue = false;
    this.#fruitless = MAX_FRUITLESS;
    this.#drain();
  }

  #ask(from: number, verify = false): void {
    this.counters.rounds++;
    const unproven = verify && (this.#next ?? 0) > 0 ? from : null;
    this.#round = { from, verify, unproven, before: this.#next, replies: 0, broken: false, doubtful: false };
  }

  /** The first reply of a round that verifies. True = it is not what had to come. */
  #disproves(round: Round, { seq, payload, atUs }: ArrivedBatch): boolean {
    const due = round.unproven as number;
    round.unproven = null;
    if (seq === due && this.#memory.compare(seq, payload) !== "other") return true;
    if (seq === due) this.#startLife(atUs, `number ${seq} came again with other bytes`);
    // Lost on the way, or no longer kept: asked once more, then the publisher's ring is taken to have moved on.
    else if (!this.#doubted) round.doubtful = this.#doubted = true;
    else return false;
    return (round.broken = true);
  }

  /** END without a batch: the publisher has sent nothing yet, or less than we have seen. True = ask once more, to be sure. */
  #nothingKept({ verify, from }: Round, atUs: number): boolean {
    this.#next ??= 0;
    if (this.#next === 0) return false;
    if (verify && !this.#doubted) return (this.#doubted = true);
    else if (verify) this.#startLife(atUs, `the publisher no longer has number ${from}`);
    return false;
  }

  #drain(): void {
    while (this.#round === null) {
      const batch = this.#held.shift();
      if (batch === undefined) return;
      this.#heldBytes -= batch.payload.length;
      this.#take(batch, "live");
    }
  }

  #take(batch: ArrivedBatch, via: "live"): void {
    const { seq } = batch;
    if (this.#next === null || seq === this.#next) return this.#emit(batch, via);
    if (seq < this.#next) return this.#again(batch);
    if (this.#replayable && this.#fruitless < MAX_FRUITLESS) {
      this.#held.unshift(batch);
      this.#heldBytes += batch.payload.length;
      return this.#ask(this.#next);
    }
    const why = this.#replayable ? "replays did not bring them" : "no replay endpoint to ask";
    this.#hole(this.#next, seq - 1, why);
    this.#emit(batch, via);
  }

  /** A number from before: the same batch once more, or another life. */
  #again(batch: ArrivedBatch): void {
    const { seq, payload, atUs } = batch;
    const known = this.#memory.compare(seq, payload);
    if (known === "same") {
      this.counters.duplicates++;
      return;
    }
    this.#startLife(
      atUs,
      known === "other"
        ? `number ${seq} came again with other bytes`
        : `the numbers went back from ${(this.#next ?? 1) - 1} to ${seq}`,
    );
    this.#take(batch, "live");
  }

  #startLife(atUs: number, why: string): void {
    this.#life++;
    this.#memory.clear();
    this.#fruitless = 0;
    this.#next = 0;
    this.#sink.record({ kind: "life", stream: this.#stream, life: this.#life, atUs, why });
  }

  #emit(batch: ArrivedBatch, via: "live" | "replay"): void {
    const { seq, topic, payload, atUs } = batch;
    this.#memory.remember(seq, payload);
    this.#next = seq + 1;
    this.#fruitless = 0;
    this.#sink.record({ kind: "batch", stream: this.#stream, life: this.#life, seq, atUs, via, topic, payload });
  }

  #hole(from: number, to: number, why: string): void {
    this.#sink.record({ kind: "hole", stream: this.#stream, life: this.#life, from, to, why });
  }
}
