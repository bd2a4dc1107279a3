import { describe, expect, it } from "vitest";
import type { EngineRecord, MemberRecord } from "../history/records.js";
import { EngineState } from "./engine-state.js";

/** Δ = 100, ρ = 1000, Δ_restart = 300, adapters 200. */
const BOUNDS = { stalenessNs: 100, recoveryNs: 1000, gapNs: 500, departureNs: 300, adapterNs: 200 };
const NEVER = Number.POSITIVE_INFINITY;
const ALWAYS = Number.NEGATIVE_INFINITY;

type Facts = Partial<Omit<EngineRecord, "k" | "at" | "event">>;

/** An engine and what is told of it, with times. */
class Told {
  readonly engine: EngineState;

  constructor(sutReplays = true) {
    this.engine = new EngineState(0, "a", BOUNDS, sutReplays);
  }

  life(at: number, event: EngineRecord["event"], facts: Facts = {}): this {
    this.engine.note({ k: "engine", at, engine: "a", model: "m", epoch: 1, event, ...facts });
    return this;
  }

  member(at: number, event: MemberRecord["event"]): this {
    this.engine.noteMember({ k: "member", at, engine: "a", event, startedAt: at });
    return this;
  }

  /** Batches of rank 0 in the present life. */
  emits(...times: readonly number[]): this {
    const stream = this.engine.stream(0);
    for (const at of times) {
      stream.epoch = this.engine.epoch;
      stream.nextSeq++;
      this.engine.noteEmitted(stream, at);
    }
    return this;
  }

  /** The first of these moments from which on answers are judged for freshness. */
  settledAmong(...moments: readonly number[]): number | undefined {
    return moments.find((moment) => this.engine.settled(moment, null));
  }

  get facts(): Record<string, unknown> {
    const {
      alive,
      ready,
      frozen,
      member,
      epoch,
      lives,
      addedAt,
      removedAt,
      downAt,
      settlesAt,
      fencedFrom,
      lostBefore,
    } = this.engine;
    return {
      alive,
      ready,
      frozen,
      member,
      epoch,
      lives,
      addedAt,
      removedAt,
      downAt,
      settlesAt,
      fencedFrom,
      lostBefore,
    };
  }
}

const UNKNOWN = {
  alive: false,
  ready: false,
  frozen: false,
  member: false,
  epoch: 0,
  lives: 0,
  addedAt: NEVER,
  removedAt: NEVER,
  downAt: NEVER,
  settlesAt: NEVER,
  fencedFrom: NEVER,
  lostBefore: ALWAYS,
};
const READY = { ...UNKNOWN, alive: true, ready: true, epoch: 1, lives: 1 };
const joined = (): Told => new Told().life(10, "starting").life(20, "ready").member(50, "added");

describe("EngineState", () => {
  it("begins as nothing, lives when it starts, and is judged only as a member", () => {
    expect(new Told().facts).toEqual(UNKNOWN);
    expect(new Told().life(10, "starting").facts).toEqual({ ...READY, ready: false });
    const ready = new Told().life(10, "starting").life(20, "ready");
    expect(ready.facts).toEqual(READY);
    expect(ready.settledAmong(1e9)).toBe(undefined);
  });

  it("that has published nothing is judged as soon as it was added; one that has, after the recovery time", () => {
    expect(joined().facts).toEqual({ ...READY, member: true, addedAt: 50, settlesAt: 50 });
    expect(joined().settledAmong(49, 50)).toBe(50);
    const late = new Told().life(10, "ready").emits(15).member(50, "added");
    expect(late.settledAmong(1049, 1050)).toBe(1050);
  });

  it("that published in an earlier life only has nothing to catch up with", () => {
    const again = new Told().life(10, "ready").emits(15, 16).life(20, "down").life(30, "ready", { epoch: 2 });
    expect(again.member(50, "added").settledAmong(49, 50)).toBe(50);
  });

  it("that was added before it was ready is judged from the recovery time after that on", () => {
    const early = new Told().life(10, "starting").member(15, "added").life(20, "ready");
    expect(early.facts).toEqual({ ...READY, member: true, addedAt: 15, settlesAt: 1020 });
  });

  it("is not judged from the moment on that it is stopped, killed or leaving", () => {
    expect(joined().life(60, "stopping").settledAmong(1e9)).toBe(undefined);
    expect(joined().life(60, "killed").settledAmong(1e9)).toBe(undefined);
    const leaving = joined().member(60, "leaving");
    expect(leaving.facts).toEqual({ ...READY, member: true, addedAt: 50 });
    expect(leaving.member(70, "removed").facts).toEqual({ ...READY, addedAt: 50, removedAt: 70 });
    expect(leaving.member(80, "added").facts).toEqual({ ...READY, member: true, addedAt: 80, settlesAt: 80 });
  });

  it("is not judged while it stands still, and after the recovery time once it goes on", () => {
    const frozen = joined().life(60, "frozen");
    expect(frozen.facts).toEqual({ ...READY, member: true, addedAt: 50, frozen: true });
    expect(frozen.life(90, "thawed").facts).toEqual({ ...READY, member: true, addedAt: 50, settlesAt: 1090 });
  });

  it("holds nothing once it is down, and answers from the former life are fenced after its return", () => {
    const down = joined().life(60, "frozen").life(70, "down");
    expect(down.facts).toEqual({
      ...READY,
      alive: false,
      ready: false,
      frozen: true,
      member: true,
      addedAt: 50,
      downAt: 70,
    });
    const back = down.life(80, "starting", { epoch: 2 });
    expect(back.facts).toEqual({ ...READY, ready: false, member: true, addedAt: 50, epoch: 2, lives: 2 });
    expect(back.life(90, "ready", { epoch: 2 }).facts).toEqual({
      ...READY,
      member: true,
      addedAt: 50,
      epoch: 2,
      lives: 2,
      fencedFrom: 390,
      settlesAt: 1090,
    });
  });

  it("is not changed by news of a life that is over, but for the count of unexpected exits", () => {
    const told = joined().life(60, "down").life(70, "ready", { epoch: 2 });
    const before = told.facts;
    told.life(80, "down", { unexpected: true });
    expect(told.facts).toEqual(before);
    expect(told.engine.unexpectedExits).toBe(1);
    expect(told.life(90, "stopping", { epoch: 2, unexpected: false }).engine.unexpectedExits).toBe(1);
  });

  it("takes longer where something was lost on the way, and never less long", () => {
    const told = joined();
    told.engine.disturbed(500);
    expect(told.facts).toMatchObject({ settlesAt: 1500, lostBefore: ALWAYS });
    told.engine.disturbed(400);
    expect(told.facts).toMatchObject({ settlesAt: 1500 });
    const leaving = joined().member(60, "leaving");
    leaving.engine.disturbed(70);
    expect(leaving.facts).toMatchObject({ settlesAt: NEVER });
  });

  it("that publishes no events is never judged", () => {
    expect(new Told().life(10, "ready", { events: false }).member(50, "added").settledAmong(1e9)).toBe(undefined);
  });

  it("keeps what a record said until another says otherwise", () => {
    const told = new Told().life(10, "starting", { groups: 2, replay: false, events: false, kind: "vllm" });
    told.life(20, "ready", { model: "n" });
    const { model, groups, replays, publishes, real } = told.engine;
    expect({ model, groups, replays, publishes, real }).toEqual({
      model: "n",
      groups: 2,
      replays: false,
      publishes: false,
      real: true,
    });
    told.life(30, "ready", { replay: true, events: true, kind: "double" });
    expect([told.engine.replays, told.engine.publishes, told.engine.real]).toEqual([true, true, false]);
  });
});

describe("EngineState where nothing can be had again", () => {
  it.each([
    ["because the engine does not replay", new Told().life(10, "ready", { replay: false })],
    ["because the system under test does not ask", new Told(false).life(10, "ready")],
  ])("what was missed before a subscription, a pause or a loss stays unknown %s", (_, told) => {
    expect(told.engine.replays).toBe(false);
    told.member(50, "added");
    expect(told.facts).toMatchObject({ settlesAt: 50, lostBefore: 150 });
    told.life(200, "frozen").life(300, "thawed");
    expect(told.facts).toMatchObject({ settlesAt: 1300, lostBefore: 1300 });
    told.engine.disturbed(600);
    expect(told.facts).toMatchObject({ settlesAt: 1600, lostBefore: 1600 });
    told.life(700, "down").life(800, "starting", { epoch: 2 });
    expect(told.facts).toMatchObject({ lostBefore: ALWAYS });
  });

  it("what the ring had lost before it was added is unknown; a ring that is just full has all", () => {
    const added = (batches: number): Told =>
      new Told()
        .life(10, "ready", { replayBatches: 3 })
        .emits(...Array.from({ length: batches }, (_, i) => i + 11))
        .member(50, "added");
    expect(added(3).facts).toMatchObject({ lostBefore: ALWAYS, settlesAt: 1050 });
    expect(added(4).facts).toMatchObject({ lostBefore: 50, settlesAt: 1050 });
  });

  it("is partly unknowable with an unreadable batch, or a first batch that came too early, until its next life", () => {
    const told = new Told().life(10, "ready").emits(100);
    expect(told.engine.partlyUnknowable).toBe(false);
    told.engine.stream(0).unreadableBatches++;
    expect(told.engine.partlyUnknowable).toBe(true);
    told.life(200, "down").life(300, "starting", { epoch: 2 });
    expect(told.engine.partlyUnknowable).toBe(false);
    told.emits(400).engine.lostBefore = 399;
    expect(told.engine.partlyUnknowable).toBe(false);
    told.engine.stream(0).holder.lostBefore = 400;
    expect(told.engine.partlyUnknowable).toBe(true);
  });

  it("loses what the ring did not keep during an outage, per rank, and no more than that", () => {
    const told = new Told().life(10, "ready", { replayBatches: 2 }).emits(100, 200, 300, 400);
    told.engine.noteEmitted(told.engine.stream(1), 150);
    told.engine.loseWhatTheRingLost(301);
    expect(told.engine.streams.map(({ holder }) => holder.lostBefore)).toEqual([ALWAYS, ALWAYS]);
    told.engine.loseWhatTheRingLost(300);
    expect(told.engine.streams.map(({ holder }) => holder.lostBefore)).toEqual([200, ALWAYS]);
    told.engine.stream(0).holder.lostBefore = 250;
    told.engine.loseWhatTheRingLost(0);
    expect(told.engine.stream(0).holder.lostBefore).toBe(250);
  });
});

describe("adapters and ranks of an EngineState", () => {
  it("answers for an adapter are judged some time after it changed; others are not put off", () => {
    const told = joined();
    told.engine.noteAdapter("x@1", 500);
    expect([699, 700].map((from) => told.engine.settled(from, "x@1"))).toEqual([false, true]);
    expect([told.engine.settled(600, "y@1"), told.engine.settled(600, null)]).toEqual([true, true]);
    expect(["x@1", "y@1", null].map((adapter) => told.engine.adapterForgottenAt(adapter))).toEqual([
      500,
      ALWAYS,
      ALWAYS,
    ]);
  });

  it("a rank brings the lower ones with it, each with a holder of its own, and begins again in the next life", () => {
    const { engine } = new Told().life(10, "ready");
    const stream = engine.stream(2);
    expect(engine.streams.map(({ holder }) => holder.rank)).toEqual([0, 1, 2]);
    expect(engine.stream(2)).toBe(stream);
    expect([stream.firstEmitAt, stream.lastEmitAt]).toEqual([NEVER, ALWAYS]);
    engine.noteEmitted(stream, 20);
    engine.noteEmitted(stream, 30);
    expect([stream.firstEmitAt, stream.lastEmitAt]).toEqual([20, 30]);
    Object.assign(stream, { burntLast: true, sentUpTo: 7, unreadableBatches: 2, sentBatches: 9 });
    stream.holder.store(1, 0, 0, 40, true);
    engine.beginLife(2, 50);
    const { epoch, nextSeq, firstEmitAt, lastEmitAt, burntLast, sentUpTo, unreadableBatches, sentBatches } = stream;
    expect({ epoch, nextSeq, firstEmitAt, lastEmitAt, burntLast, sentUpTo, unreadableBatches, sentBatches }).toEqual({
      epoch: 0,
      nextSeq: 0,
      firstEmitAt: NEVER,
      lastEmitAt: 30,
      burntLast: false,
      sentUpTo: 0,
      unreadableBatches: 0,
      sentBatches: 9,
    });
    expect([stream.holder.resident, stream.holder.lostAt(stream.holder.entry(1))]).toEqual([0, 50]);
  });
});
