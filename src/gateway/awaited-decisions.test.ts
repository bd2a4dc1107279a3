import { describe, expect, it } from "vitest";
import { AwaitedDecisions } from "./awaited-decisions.js";

const never = new AbortController().signal;

describe("awaited decisions", () => {
  it("come with the events that bring them about, not before and not by polling", async () => {
    const awaited = new AwaitedDecisions();
    let looks = 0;
    let decision = "a";
    let told = false;
    const waiting = awaited.until(() => (looks++, decision === "b"), 60_000, never).then(() => (told = true));
    awaited.applied();
    decision = "b";
    await Promise.resolve();
    expect([told, looks]).toEqual([false, 2]);
    awaited.applied();
    await waiting;
    expect([told, looks]).toEqual([true, 3]);
    awaited.applied();
    expect(looks).toBe(3);
  });

  it("end when the time is up or the caller has gone", async () => {
    const awaited = new AwaitedDecisions();
    await awaited.until(() => false, 1, never);
    const gone = new AbortController();
    const waiting = awaited.until(() => false, 60_000, gone.signal);
    gone.abort();
    await waiting;
    // Nobody waits any more, and what is decided already needs no events.
    let looks = 0;
    await awaited.until(() => (looks++, true), 60_000, never);
    awaited.applied();
    expect(looks).toBe(1);
  });

  it("are refused beyond a number, instead of slowing ingest down without bound", () => {
    const awaited = new AwaitedDecisions();
    const gone = new AbortController();
    for (let i = 0; i < 64; i++) void awaited.until(() => false, 60_000, gone.signal);
    expect(() => awaited.until(() => false, 60_000, gone.signal)).toThrow("64 callers wait for decisions already");
    gone.abort();
  });
});
