import { describe, expect, it } from "vitest";
import { firstMissing, hasGone, isMissing, type Loss, withLoss } from "./incomplete.js";

const lost: Loss = { reason: "lost", from: 3, until: 5 };
const damaged: Loss = { reason: "damaged", from: 8, until: 9 };
const everything: Loss = { reason: "unavailable", from: 0, until: Number.POSITIVE_INFINITY };

describe("what a stream knows to be missing", () => {
  it("is every loss, with the reason of the latest", () => {
    expect(withLoss(null, lost)).toEqual({ reason: "lost", losses: [lost] });
    expect(withLoss(withLoss(null, lost), damaged)).toEqual({ reason: "damaged", losses: [lost, damaged] });
  });

  it("is all there is once replay does not answer, and keeps that reason whatever is lost later", () => {
    const unavailable = withLoss(withLoss(null, lost), everything);
    expect(unavailable).toEqual({ reason: "unavailable", losses: [everything] });
    expect(withLoss(unavailable, damaged)).toEqual({ reason: "unavailable", losses: [everything, damaged] });
  });

  it("is forgotten, the oldest first, beyond 64 losses", () => {
    let known = withLoss(null, lost);
    for (let from = 100; from < 164; from++) known = withLoss(known, { reason: "lost", from, until: from + 1 });
    expect(known.losses.map(({ from }) => from)).toEqual(Array.from({ length: 64 }, (_, i) => 100 + i));
  });

  it("is each number from the first lost one to before the first had again", () => {
    const known = withLoss(withLoss(null, damaged), lost);
    expect([2, 3, 4, 5, 7, 8, 9].map((seq) => isMissing(known, seq))).toEqual([
      false,
      true,
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(firstMissing(known)).toBe(3);
  });

  it("has gone for good once the ring begins after a damaged batch; what was lost otherwise may come yet", () => {
    const known = withLoss(withLoss(null, lost), damaged);
    expect([8, 9, 10].map((seq) => hasGone(known, seq))).toEqual([false, true, true]);
    expect(hasGone(withLoss(null, lost), 100)).toBe(false);
  });
});
