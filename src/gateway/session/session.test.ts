/** What a driver meets at the session itself: frames of the wrong connection, events that are passed over, questions between inputs. */
import { describe, expect, it } from "vitest";
import type { ApplyResult } from "../ports.js";
import { type SessionAction, Verdict } from "./actions.js";
import { Session } from "./session.js";
import { World } from "./test-world.js";

const payload = new Uint8Array([0x93, 1, 2, 3]);

/** Actions and counts after one batch that was applied with this result. */
function settled(result: Partial<ApplyResult>): [readonly SessionAction[], Record<string, number>] {
  const session = new Session(false);
  session.connected(1, 0);
  session.takeActions();
  session.accept(1, 0, payload);
  session.settle({ rejected: false, events: 4, malformedEvents: 0, unknownEvents: 0, blocks: 9, ...result });
  const { appliedEvents, malformedEvents, unknownEvents, blockOperations } = session.status(0);
  return [session.takeActions(), { appliedEvents, malformedEvents, unknownEvents, blockOperations }];
}

describe("Session", () => {
  it("knows nothing and wants nothing before its first connection, and drops what comes", () => {
    const session = new Session(true);
    expect(session.accept(0, 0, payload)).toBe(Verdict.drop);
    expect([session.hasActions, session.isOpen, session.isConnected, session.lives, session.credit(0)]).toEqual([
      false,
      false,
      false,
      1,
      0,
    ]);
    expect(session.deadlineNs).toBe(Number.POSITIVE_INFINITY);
    expect(session.status(0)).toMatchObject({ state: "cold", receivedBatches: 1, droppedBatches: 1, lastSeq: -1 });
  });

  it("drops the frame of an earlier connection, also when it bears the number that is next", () => {
    const world = new World().connect().serve().publish(1).deliver().cut().connect().serve().publish(1);
    const [next] = world.live;
    expect(world.session.accept(1, 1, next?.payload ?? payload)).toBe(Verdict.drop);
    expect(world.session.accept(2, 1, next?.payload ?? payload)).toBe(Verdict.apply);
  });

  it("has actions until they are taken", () => {
    const session = new Session(true);
    session.connected(1, 0);
    expect(session.hasActions).toBe(true);
    expect(session.takeActions()).toEqual([{ type: "request-replay", round: 1, from: 0 }]);
    expect([session.hasActions, session.takeActions()]).toEqual([false, []]);
  });

  it("answers for credit, life and connection alone as in its whole status", () => {
    const world = new World().connect().serve().publish(3).deliver().restart().publish(1).connect().serve().serve();
    const { credit, lives, connected } = world.status;
    expect([credit, lives, connected]).toEqual([1, 2, true]);
    const { session } = world;
    expect([session.credit(world.nowNs), session.lives, session.isConnected]).toEqual([credit, lives, connected]);
  });

  it("says nothing of a batch that was applied whole", () => {
    const counts = { appliedEvents: 4, malformedEvents: 0, unknownEvents: 0, blockOperations: 9 };
    expect(settled({})).toEqual([[], counts]);
  });

  it("warns of malformed events and mentions unknown ones, each with the batch, and counts them", () => {
    const malformed = {
      type: "log",
      level: "warn",
      transition: "malformed-event",
      message: "batch 0: 2 malformed events skipped, the rest applied",
      fields: { seq: 0 },
    };
    const unknown = {
      type: "log",
      level: "info",
      transition: "unknown-event",
      message: "batch 0: 2 events of unknown type passed over",
      fields: { seq: 0 },
    };
    const counts = { appliedEvents: 4, malformedEvents: 2, unknownEvents: 2, blockOperations: 9 };
    expect(settled({ malformedEvents: 2 })).toEqual([[malformed], { ...counts, unknownEvents: 0 }]);
    expect(settled({ unknownEvents: 2 })).toEqual([[unknown], { ...counts, malformedEvents: 0 }]);
    expect(settled({ malformedEvents: 2, unknownEvents: 2 })).toEqual([[malformed, unknown], counts]);
  });
});
