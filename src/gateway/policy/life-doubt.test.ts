import { describe, expect, it } from "vitest";
import type { StreamStatus } from "../ports.js";
import { LifeDoubt } from "./life-doubt.js";

const stream = (state: StreamStatus["state"], connected = true): StreamStatus => ({ state, connected }) as StreamStatus;

describe("doubt about an engine's life", () => {
  it("keeps the blocks of a dead process out of answers until every stream has proved which life it follows", () => {
    const doubt = new LifeDoubt();
    expect(doubt.isSettled(() => [stream("stale", false)])).toBe(true);
    doubt.raise();
    expect(doubt.isSettled(() => [stream("live"), stream("stale", false)])).toBe(false);
    expect(doubt.isSettled(() => [stream("live"), stream("catching-up")])).toBe(false);
    expect(doubt.isSettled(() => [stream("live"), stream("partial")])).toBe(true);
  });

  it("once settled does not come back by itself: a break is not a death", () => {
    const doubt = new LifeDoubt();
    doubt.raise();
    doubt.isSettled(() => [stream("live")]);
    expect(doubt.isSettled(() => [stream("stale", false)])).toBe(true);
  });
});
