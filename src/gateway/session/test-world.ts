/**
 * A naive publisher, its links and a consumer driven by a session, in virtual time; for tests. The publisher does what vLLM
 * does: numbers from 0 per life, a ring, a replay that sends ring entries >= start and then END.
 */
import { NS_PER_MS } from "../../base/clock.js";
import { type SessionAction, Verdict } from "./actions.js";
import { DEFAULT_SESSION_OPTIONS, type SessionOptions } from "./options.js";
import { Session } from "./session.js";

export interface Batch {
  readonly life: number;
  readonly seq: number;
  readonly payload: Uint8Array;
}

/** How the replay endpoint behaves. Numbers in it are counts of answers. */
export type ReplayMode =
  | { readonly kind: "ok" | "refuse" | "silent" | "no-end" }
  | { readonly kind: "truncate"; readonly after: number }
  | { readonly kind: "holes"; readonly every: number };

interface Answer {
  readonly round: number;
  readonly event: Batch | "end" | "failed";
}

/** A session rests at least this long between two ticks, on average; a driver would spend its CPU on one that does not. */
const MEAN_TICK_MS = 10;
const GOOD = 0x93;
const GARBLED = 0xc1;

export class World {
  nowMs = 0;
  life = 1;
  /** Numbers of the current life that exist, in order (burnt ones do not). */
  existing: Batch[] = [];
  nextSeq = 0;
  ring: Batch[] = [];
  live: Batch[] = [];
  replayMode: ReplayMode = { kind: "ok" };
  connectedNow = false;
  /** What the consumer applied since its last purge, in order. */
  view: Batch[] = [];
  purges: string[] = [];
  /** All log lines, whole: "level transition: message name=value". */
  readonly lines: string[] = [];
  /** All that the session asked for and had applied, in order, each with the time in ms: "1000 ask 2 from 4", "1000 apply 4". */
  readonly story: string[] = [];
  requests: { round: number; from: number; atMs: number }[] = [];
  answers: Answer[] = [];
  /** Numbers that reached the consumer undecodable: it may go on without them, under its mark. */
  readonly undecodable = new Set<number>();
  /** A hidden restart continued with exactly the number that was due: no consumer can see that by numbers. */
  coincidence = false;
  readonly session: Session;
  #connection = 0;

  constructor(
    readonly hasReplay = true,
    readonly ringMax = 10_000,
    options: Partial<SessionOptions> = {},
  ) {
    this.session = new Session(hasReplay, options);
  }

  get nowNs(): number {
    return this.nowMs * NS_PER_MS;
  }
  get status(): ReturnType<Session["status"]> {
    return this.session.status(this.nowNs);
  }
  /** What of the status is no longer as it was before the first connection. */
  get changed(): Partial<ReturnType<Session["status"]>> {
    const fresh: Record<string, unknown> = { ...new Session(this.hasReplay).status(0) };
    return Object.fromEntries(Object.entries(this.status).filter(([name, value]) => value !== fresh[name]));
  }
  /** Numbers applied since the last purge. */
  get seqs(): number[] {
    return this.view.map((batch) => batch.seq);
  }

  publish(count = 1, garbled = false): this {
    for (let i = 0; i < count; i++) {
      const payload = new Uint8Array([
        garbled ? GARBLED : GOOD,
        0xcb,
        this.life,
        this.nextSeq & 255,
        this.nextSeq >> 8,
        7,
        7,
        7,
      ]);
      const batch = { life: this.life, seq: this.nextSeq++, payload };
      this.existing.push(batch);
      this.ring.push(batch);
      if (this.ring.length > this.ringMax) this.ring.shift();
      if (this.connectedNow) this.live.push(batch);
    }
    return this;
  }

  /** vLLM consumes the number when encoding fails: nothing is sent and nothing can be replayed. */
  burn(): this {
    this.nextSeq++;
    return this;
  }

  restart(visible = true): this {
    if (visible) this.cut();
    this.life++;
    this.nextSeq = 0;
    this.existing = [];
    this.ring = [];
    this.undecodable.clear();
    const unfinished = [...this.answers, ...this.requests].map(({ round }) => round);
    this.requests = [];
    this.answers = unfinished.length === 0 ? [] : [{ round: Math.max(...unfinished), event: "failed" }];
    return this;
  }

  /** Leaves what happened so far out of the story. */
  fromHere(): this {
    this.story.length = 0;
    return this;
  }

  replay(mode: ReplayMode): this {
    this.replayMode = mode;
    return this;
  }

  /** Lets time pass and answers whatever is asked within `stepMs`. */
  serveFor(ms: number, stepMs = 100): this {
    for (let passed = 0; passed < ms; passed += stepMs) this.serve().advance(stepMs);
    return this;
  }

  connect(): this {
    if (this.connectedNow) return this;
    this.connectedNow = true;
    this.live = [];
    this.session.connected(++this.#connection, this.nowNs);
    return this.#after();
  }

  cut(): this {
    if (!this.connectedNow) return this;
    this.connectedNow = false;
    this.live = [];
    this.session.disconnected(this.#connection, "cut", this.nowNs);
    return this.#after();
  }

  /** Hands over the first `count` live messages. `damage` flips them into something undecodable. */
  deliver(count = Number.POSITIVE_INFINITY, damage = false): this {
    for (let i = 0; i < count && this.live.length > 0; i++) {
      const batch = this.live.shift() as Batch;
      this.receive(damage ? { ...batch, payload: damaged(batch.payload) } : batch);
    }
    return this;
  }

  /** One live frame, as if it came from connection `connection`. */
  receive(batch: Batch, connection = this.#connection): this {
    this.session.heard(this.nowNs);
    const verdict = this.session.accept(connection, batch.seq, batch.payload);
    this.#runActions();
    if (verdict === Verdict.apply) this.#apply(batch.payload, batch.seq);
    return this.#after();
  }

  lose(count = 1): this {
    this.live.splice(0, count);
    return this;
  }

  /** Serves the outstanding replay request as the mode says, and hands over all answers. */
  serve(): this {
    for (const request of this.requests.splice(0)) this.#enqueue(request);
    return this.answer();
  }

  answer(count = Number.POSITIVE_INFINITY): this {
    for (let i = 0; i < count && this.answers.length > 0; i++) {
      const { round, event } = this.answers.shift() as Answer;
      if (event === "end") this.session.replayEnded(round, this.nowNs);
      else if (event === "failed") this.session.replayFailed(round, "no answer", this.nowNs);
      else {
        const verdict = this.session.acceptReplayed(round, event.seq, event.payload);
        this.#runActions();
        if (verdict === Verdict.apply) this.#apply(event.payload, event.seq);
      }
      this.#after();
    }
    return this;
  }

  /** Lets time pass, as a driver would: a tick at each deadline. */
  advance(ms: number): this {
    const endMs = this.nowMs + ms;
    let ticksLeft = 100 + ms / MEAN_TICK_MS;
    for (let dueMs = this.#dueMs(); dueMs <= endMs; dueMs = this.#dueMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.session.tick(this.nowNs);
      this.#after();
      if (this.#dueMs() <= this.nowMs) throw new Error("a tick left its deadline where it was");
      if (--ticksLeft < 0) throw new Error("the session asks for ticks without a pause");
    }
    this.nowMs = endMs;
    return this;
  }

  #dueMs(): number {
    return this.session.deadlineNs / NS_PER_MS;
  }

  /** Ends every fault and lets time pass, serving everything. */
  heal(seconds = 180): this {
    this.replayMode = { kind: "ok" };
    this.connect();
    for (let i = 0; i < seconds * 4; i++) this.deliver().serve().advance(250);
    return this.deliver().serve();
  }

  #enqueue({ round, from }: { round: number; from: number }): void {
    const mode = this.replayMode;
    if (mode.kind === "refuse" || mode.kind === "silent") {
      this.answers.push({ round, event: "failed" });
      return;
    }
    let batches = this.ring.filter((batch) => batch.seq >= from);
    if (mode.kind === "holes") batches = batches.filter((_, i) => i % mode.every !== mode.every - 1);
    if (mode.kind === "truncate") batches = batches.slice(0, mode.after);
    for (const event of batches) this.answers.push({ round, event });
    this.answers.push({ round, event: mode.kind === "truncate" || mode.kind === "no-end" ? "failed" : "end" });
  }

  #apply(payload: Uint8Array, seq: number): void {
    const rejected = payload[0] === GARBLED;
    this.story.push(`${this.nowMs} ${rejected ? "cannot read" : "apply"} ${seq}`);
    if (rejected) this.undecodable.add(seq);
    else {
      const batch = { life: payload[2] as number, seq, payload };
      this.#check(batch);
      this.view.push(batch);
    }
    this.session.settle({
      rejected,
      events: rejected ? 0 : 1,
      malformedEvents: 0,
      unknownEvents: 0,
      blocks: rejected ? 0 : 1,
    });
  }

  /** What must hold at every single apply, whatever the network did. */
  #check(batch: Batch): void {
    const last = this.view.at(-1);
    if (last === undefined) return;
    if (last.life !== batch.life) {
      if (last.seq + 1 !== batch.seq)
        throw new Error(`batch ${batch.seq} of life ${batch.life} applied on top of life ${last.life}`);
      this.coincidence = true;
      return;
    }
    for (let seq = last.seq + 1; seq < batch.seq; seq++) {
      if (!this.undecodable.has(seq)) throw new Error(`batch ${batch.seq} applied after ${last.seq} without a purge`);
    }
    if (batch.seq <= last.seq) throw new Error(`batch ${batch.seq} applied after ${last.seq}`);
  }

  #after(): this {
    this.#runActions();
    for (let handedOut = 0; ; handedOut++) {
      const payload = this.session.takeHeld();
      this.#runActions();
      if (payload === null) break;
      if (handedOut > DEFAULT_SESSION_OPTIONS.heldBatchesMax) throw new Error("held batches are handed out for ever");
      this.#apply(payload, (payload[3] as number) | ((payload[4] as number) << 8));
      this.#runActions();
    }
    const s = this.status;
    const sum = s.appliedBatches + s.duplicateBatches + s.rejectedBatches + s.droppedBatches + s.heldBatches;
    if (this.session.isOpen !== (s.state === "live" || s.state === "partial")) throw new Error(`open while ${s.state}`);
    if (s.state === "live" && (this.view[0]?.seq ?? 0) !== 0) throw new Error("live without the beginning");
    if (s.receivedBatches !== sum) throw new Error(`received ${s.receivedBatches}, accounted for ${sum}`);
    return this;
  }

  #runActions(): void {
    for (const action of this.session.takeActions()) {
      this.story.push(`${this.nowMs} ${asText(action)}`);
      if (action.type === "purge") {
        this.view = [];
        this.purges.push(action.reason);
      } else if (action.type === "log") {
        this.lines.push(asText(action));
      } else if (action.type === "request-replay") {
        this.requests.push({ round: action.round, from: action.from, atMs: this.nowMs });
      } else {
        this.requests = this.requests.filter((request) => request.round !== action.round);
        this.answers = this.answers.filter((answer) => answer.round !== action.round);
      }
    }
  }
}

/** A stream that has followed so many batches live; its story begins now. */
export const liveWorld = (batches: number, options: Partial<SessionOptions> = {}): World =>
  new World(true, 10_000, options).connect().serve().publish(batches).deliver().fromHere();

function asText(action: SessionAction): string {
  switch (action.type) {
    case "purge":
      return `purge: ${action.reason}`;
    case "request-replay":
      return `ask ${action.round} from ${action.from}`;
    case "cancel-replay":
      return `cancel ${action.round}`;
    case "log": {
      const fields = Object.entries(action.fields).map(([name, value]) => ` ${name}=${value}`);
      return `${action.level} ${action.transition}: ${action.message}${fields.join("")}`;
    }
  }
}

function damaged(payload: Uint8Array): Uint8Array {
  const copy = payload.slice();
  copy[0] = GARBLED;
  return copy;
}
