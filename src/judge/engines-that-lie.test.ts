/** Engines that state on the wire what is not so: what a consumer cannot know is not demanded; what it must not invent still is. */
import { describe, expect, it } from "vitest";
import { aHistory, type HistoryBuilder } from "./testing/a-history.js";

const converge = { probe: "converge" } as const;

async function verdicts(history: HistoryBuilder, ...ids: string[]): Promise<string[]> {
  const { properties } = await history.judged();
  return ids.map((id) => properties.find((property) => property.id === id)?.verdict ?? "missing");
}

const held = () => aHistory().engine("a").engine("b").prompt("p", 4).prompt("q", 2).stores("a", "p").wait(200);

describe("a removal that is never said", () => {
  const unsaid = () => held().asks("p", { a: 4 }).removes("a", "p", { from: 2, said: "unsaid" }).wait(200);

  it("a router that goes on crediting it, or has other reasons not to: green", async () => {
    const history = unsaid().asks("p", { a: 4 }).wait(1000).asks("p", { a: 4 }, converge).asks("p", { a: 2 }, converge);
    expect(await verdicts(history, "S0", "S1", "S3", "M6", "C1", "L2")).not.toContain("fail");
  });

  it("nor does it owe the news when the block comes and goes once more, having counted a copy too many", async () => {
    const history = unsaid().stores("a", "p", { from: 2 }).removes("a", "p", { from: 2 }).wait(1200);
    expect(await verdicts(history.asks("p", { a: 4 }, converge), "S1", "C1")).not.toContain("fail");
  });

  it("a probe that made the removal does not wait for it", async () => {
    const history = unsaid();
    for (let i = 0; i < 5; i++) history.asks("p", { a: 4 }, { probe: "invalidation", target: "a" }).wait(100);
    expect(await verdicts(history, "L2")).not.toContain("fail");
  });

  it("credit that another removal of it takes: red; so is credit of an engine that never had it", async () => {
    const said = unsaid().removes("a", "p", { to: 2 }).wait(1200).asks("p", { a: 4 }, converge);
    expect(await verdicts(said, "S1", "C1")).toEqual(["fail", "fail"]);
    expect(await verdicts(unsaid().asks("p", { a: 4, b: 2 }), "S0")).toEqual(["fail"]);
  });

  it("a router that takes what is still held for gone, too: red", async () => {
    expect(await verdicts(unsaid().wait(1000).asks("p", { a: 1 }, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a clear ends the excuse", async () => {
    const cleared = unsaid().clears("a").wait(1200).asks("p", { a: 4 }, converge);
    expect(await verdicts(cleared, "S1", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("a store that is never said", () => {
  const unsaid = () => held().stores("a", "q", { said: "unsaid" }).wait(200);

  it("a router that does not know it, or heard of it otherwise: green", async () => {
    const history = unsaid().asks("q", {}).wait(1000).asks("q", {}, converge).asks("q", { a: 2 }, converge);
    expect(await verdicts(history, "S0", "S2", "C1", "L1")).not.toContain("fail");
  });

  it("a router that misses it when it is stored again, aloud: red", async () => {
    const again = unsaid().removes("a", "q").stores("a", "q").wait(1200).asks("q", {}, converge);
    expect(await verdicts(again, "S2", "C1")).toEqual(["fail", "fail"]);
  });

  it("a router that credits it after its removal: red", async () => {
    const gone = unsaid().removes("a", "q").wait(1200).asks("q", { a: 2 }, converge);
    expect(await verdicts(gone, "S1", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("blocks under a parent that nobody stored", () => {
  const misplaced = () => held().stores("a", "q", { said: "misplaced" }).wait(200);

  it("a router that keeps them out of answers, or knows their place from their tokens: green", async () => {
    const history = misplaced().asks("q", {}, { probe: "visibility", target: "a" }).wait(1000);
    history.asks("q", {}, converge).asks("q", {}, { probe: "visibility", target: "a" });
    expect(await verdicts(history.asks("q", { a: 2 }, converge), "S0", "S2", "S3", "C1", "L1")).not.toContain("fail");
  });

  it("a router that misses them when they are stored again, in their place: red", async () => {
    const again = misplaced().removes("a", "q").stores("a", "q").wait(1200).asks("q", {}, converge);
    expect(await verdicts(again, "S2", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("a store that is stated twice", () => {
  const doubled = () => held().stores("a", "q", { said: "doubled" }).wait(200);

  it("a router that counts a copy too many and keeps the credit after the removal: green", async () => {
    const history = doubled().asks("q", { a: 2 }).removes("a", "q").wait(1200).asks("q", { a: 2 }, converge);
    expect(await verdicts(history.asks("q", {}, converge), "S1", "C1", "L2")).not.toContain("fail");
  });

  it("a router that misses it, or loses what else the engine has: red", async () => {
    expect(await verdicts(doubled().wait(1000).asks("q", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
    expect(await verdicts(doubled().wait(1000).asks("p", {}, converge), "S2", "C1")).toEqual(["fail", "fail"]);
  });
});

describe("a store in a batch that never left", () => {
  it("is not waited for by the probe that made it", async () => {
    const history = held().stores("a", "q", { wire: "burnt" });
    for (let i = 0; i < 15; i++) history.asks("q", {}, { probe: "visibility", target: "a" }).wait(100);
    expect(await verdicts(history, "L1", "S2")).not.toContain("fail");
  });
});
