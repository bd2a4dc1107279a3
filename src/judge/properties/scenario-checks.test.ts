import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

describe("follows-prefix", () => {
  const sentTwice = (second: string) =>
    aHistory({ checks: ["follows-prefix"] })
      .engine("a")
      .engine("b")
      .prompt("p", 3)
      .requests("p", "a", { tag: "follow:1" })
      .stores("a", "p")
      .wait(150)
      .requests("p", second, { tag: "follow:1" });

  it("fails when the second sending goes elsewhere", async () => {
    const result = await sentTwice("b").verdictOf("follows-prefix");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "b", proof: { send: 2, had: 0, best: 3, on: "a" } }],
    });
  });
  it("holds when it goes where the prefix is", async () => {
    expect(await sentTwice("a").verdictOf("follows-prefix")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
      measured: { followed: 1 },
    });
  });
  it("makes the run unknown when it was asked for and nothing was sent twice", async () => {
    const report = await aHistory({ checks: ["follows-prefix"] })
      .engine("a")
      .judged();
    expect(report.properties.find((p) => p.id === "follows-prefix")).toMatchObject({ verdict: "unknown", required: 1 });
    expect(report.exitCode).toBe(2);
  });
});

describe("control-does-not-follow", () => {
  const control = (served: (send: number) => string, prompts = 30) => {
    const history = aHistory({ checks: ["control-does-not-follow"], events: false })
      .engine("a")
      .engine("b")
      .engine("c")
      .engine("d");
    for (let n = 0; n < prompts; n++) {
      history.prompt(`p${n}`, 1);
      for (let send = 0; send < 2; send++) history.requests(`p${n}`, served(n * 2 + send), { tag: `control:${n}` });
    }
    return history;
  };
  const fleet = ["a", "b", "c", "d"];

  it("fails when prompts return to their engine although events are off", async () => {
    const result = await control((send) => fleet[(send >> 1) % 4] as string).verdictOf("control-does-not-follow");
    expect(result).toMatchObject({ verdict: "fail", measured: { sent: 30, followed: 30, expected: 7.5 } });
  });
  it("holds when they return as often as chance has it", async () => {
    const result = await control((send) => fleet[send % 8 === 7 ? 2 : send % 4] as string).verdictOf(
      "control-does-not-follow",
    );
    expect(result.verdict).toBe("pass");
  });
  it("is unknown when too few were sent to tell", async () => {
    expect((await control(() => "a", 3).verdictOf("control-does-not-follow")).reason).toContain("too few");
  });
});

describe("cached-tokens-agree", () => {
  const served = (claimedBlocks: number, cachedTokens: number, promptTokens = 65) =>
    aHistory({ checks: ["cached-tokens-agree"] })
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p")
      .wait(150)
      .requests("p", "a", { claimedBlocks, cachedTokens, promptTokens });

  it("fails when the engine took less from its cache than was claimed", async () => {
    const result = await served(4, 32).verdictOf("cached-tokens-agree");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "a", proof: { expected: 64, cachedTokens: 32 } }],
    });
  });
  it("holds exactly, with the last token always computed by the engine", async () => {
    expect((await served(4, 64).verdictOf("cached-tokens-agree")).verdict).toBe("pass");
    expect((await served(4, 48, 64).verdictOf("cached-tokens-agree")).verdict).toBe("pass");
  });
  it("finds a claim that is too small as well", async () => {
    expect((await served(1, 64).verdictOf("cached-tokens-agree")).verdict).toBe("fail");
  });
  it("says how many answers agreed, and by what name the others are excused", async () => {
    expect((await served(4, 64).verdictOf("cached-tokens-agree")).measured).toEqual({ agreed: 1 });
    const lastBlock = await served(4, 48, 64).verdictOf("cached-tokens-agree");
    expect(lastBlock.measured).toEqual({ agreed_but_for_the_last_block: 1 });
    const busy = aHistory({ checks: ["cached-tokens-agree"] })
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p")
      .wait(150)
      .requests("p", "a", { claimedBlocks: 4, cachedTokens: 0, loads: { a: 1 } });
    expect(await busy.verdictOf("cached-tokens-agree")).toMatchObject({
      opportunities: 0,
      measured: { others_at_work: 1 },
    });
  });
  it("compares a real engine's answers under load as well, where its cache did not change meanwhile", async () => {
    const loaded = (cachedTokens: number) =>
      aHistory({ checks: ["cached-tokens-agree"] })
        .engine("a", { kind: "vllm" })
        .prompt("p", 4)
        .stores("a", "p")
        .wait(150)
        .requests("p", "a", { claimedBlocks: 4, cachedTokens, promptTokens: 65, loads: { a: 1 } })
        .verdictOf("cached-tokens-agree");
    expect(await loaded(64)).toMatchObject({ verdict: "pass", opportunities: 1 });
    expect(await loaded(32)).toMatchObject({ verdict: "fail" });
  });
  it("judges engines of several ranks by the best one, and lets another rank's share pass", async () => {
    const ranks = (cachedTokens: number) =>
      aHistory({ checks: ["cached-tokens-agree"] })
        .engine("a")
        .prompt("p", 4)
        .stores("a", "p", { rank: 1 })
        .stores("a", "p", { rank: 0, to: 1 })
        .wait(150)
        .requests("p", "a", { claimedBlocks: 4, cachedTokens, promptTokens: 65 })
        .verdictOf("cached-tokens-agree");
    expect(await ranks(64)).toMatchObject({ verdict: "pass", opportunities: 1 });
    expect(await ranks(16)).toMatchObject({ opportunities: 0, measured: { taken_by_another_rank: 1 } });
    expect(await ranks(48)).toMatchObject({ verdict: "fail" });
  });
  it("does not judge where the cache was changing", async () => {
    const sent = aHistory({ checks: ["cached-tokens-agree"] })
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p")
      .wait(150);
    const inv = (sent.now + 1000) * 1e6;
    const evicted = sent.wait(1).removes("a", "p").requests("p", "a", { inv, claimedBlocks: 4, cachedTokens: 0 });
    expect((await evicted.verdictOf("cached-tokens-agree")).opportunities).toBe(0);
    const history = aHistory({ checks: ["cached-tokens-agree"] })
      .engine("a")
      .prompt("p", 4)
      .stores("a", "p");
    expect(
      (await history.requests("p", "a", { claimedBlocks: 0, cachedTokens: 64 }).verdictOf("cached-tokens-agree"))
        .opportunities,
    ).toBe(0);
  });
});

describe("decision-flips", () => {
  const dry = { tag: "flip:1" };
  const flipped = () =>
    aHistory({ checks: ["decision-flips"] })
      .engine("a")
      .engine("b")
      .prompt("p", 3)
      .stores("a", "p")
      .wait(150)
      .routes("p", "a", dry)
      .removes("a", "p")
      .stores("b", "p");

  it("measures from the batch that made the other engine the best to the decision for it", async () => {
    const report = await flipped()
      .routes("p", "a", dry)
      .wait(3)
      .routes("p", "b", dry)
      .wait(200)
      .routes("p", "b", dry)
      .judged();
    expect(report.properties.find((p) => p.id === "decision-flips")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
    });
    const flips = report.distributions.find((d) => d.measure === "flip_ms");
    expect(flips?.count).toBe(1);
    expect(flips?.max).toBeCloseTo(5, 0);
  });
  it("measures to when it was decided, where the router tells a time that can be", async () => {
    const told = async (decidedAfterMs: number): Promise<number | undefined> => {
      const report = await flipped()
        .routes("p", "a", dry)
        .routes("p", "b", { ...dry, tookMs: 9, decidedAfterMs })
        .wait(200)
        .routes("p", "b", dry)
        .judged();
      return report.distributions.find((d) => d.measure === "decision_ms")?.max;
    };
    expect(await told(4)).toBeCloseTo(5, 0);
    expect(await told(-1)).toBeUndefined();
    expect(await told(10)).toBeUndefined();
  });
  it("fails when the decision has not turned after the staleness bound", async () => {
    const result = await flipped().routes("p", "a", dry).wait(150).routes("p", "a", dry).verdictOf("decision-flips");
    expect(result).toMatchObject({ verdict: "fail", violations: [{ engine: "a", proof: { held: { a: 0, b: 3 } } }] });
  });
  it("is idle when the best engine stays the same", async () => {
    const history = aHistory({ checks: ["decision-flips"] })
      .engine("a")
      .prompt("p", 3)
      .stores("a", "p")
      .routes("p", "a", dry);
    expect(await history.verdictOf("decision-flips")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});

describe("served", () => {
  const sent = (outcome: object) =>
    aHistory({ checks: ["served"] })
      .engine("a")
      .prompt("p", 1)
      .requests("p", "a", outcome);

  it("fails for any answer but a 2xx", async () => {
    expect((await sent({ status: 502 }).verdictOf("served")).violations[0]?.summary).toContain("status 502");
    expect((await sent({ error: "connection reset" }).verdictOf("served")).violations[0]?.summary).toContain(
      "connection reset",
    );
    expect(await sent({}).verdictOf("served")).toMatchObject({ verdict: "pass", measured: { served: 1 } });
  });
  it("accuses nobody of requests that got lost because the runner's own way was cut, and of all before that", async () => {
    const cut = { k: "mark", name: "api-server", detail: "the API server did not answer", unasked: true } as const;
    const lost = { error: "other side closed" };
    const history = sent({}).requests("p", "a", lost).add(cut).requests("p", "a", lost);
    expect(await history.judged()).toMatchObject({ verdict: "unknown", exitCode: 2 });
    expect(await history.verdictOf("served")).toMatchObject({
      violationCount: 0,
      measured: { served: 1, lost_on_the_runners_own_way: 2 },
    });
    const before = sent(lost).wait(1500).add(cut).requests("p", "a", lost);
    expect(await before.verdictOf("served")).toMatchObject({ verdict: "fail", violationCount: 1 });
    const noticed = sent({})
      .add({ ...cut, unasked: false })
      .requests("p", "a", lost);
    expect(await noticed.verdictOf("served")).toMatchObject({ verdict: "fail", violationCount: 1 });
  });
  it("is unknown when nothing was sent", async () => {
    expect((await aHistory({ checks: ["served"] }).verdictOf("served")).verdict).toBe("unknown");
  });
});

describe("isolated-departure", () => {
  const left = () =>
    aHistory({ checks: ["isolated-departure"] })
      .engine("a")
      .engine("b")
      .prompt("p", 1)
      .leaves("a")
      .wait(10);

  it("fails for a request that is sent to an engine that left, or lost around a departure", async () => {
    expect((await left().requests("p", "a").verdictOf("isolated-departure")).violations[0]?.engine).toBe("a");
    expect((await left().requests("p", "b", { status: 502 }).verdictOf("isolated-departure")).verdict).toBe("fail");
  });
  it("holds when the others serve", async () => {
    expect(await left().requests("p", "b").verdictOf("isolated-departure")).toMatchObject({
      verdict: "pass",
      opportunities: 1,
    });
  });
  it("is idle when nobody leaves", async () => {
    const history = aHistory({ checks: ["isolated-departure"] })
      .engine("a")
      .prompt("p", 1)
      .requests("p", "a");
    expect(await history.verdictOf("isolated-departure")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});

describe("checks of routing, for systems that do not route", () => {
  const index = { match: true, route: false, proxy: false };
  const checks = ["follows-prefix", "served", "isolated-departure", "decision-flips", "control-does-not-follow"];

  it("are not applicable, and what the runner chose is not held against them", async () => {
    const history = aHistory({ capabilities: index, checks, opportunities: { R1: 5 } })
      .engine("a")
      .engine("b")
      .prompt("p", 4)
      .stores("a", "p")
      .wait(500)
      .asks("p", { a: 4 })
      .routes("p", "b", { dry: false, status: 200, chosenBy: "runner", loads: {}, tag: "follow:1" });
    const report = await history.judged();
    for (const id of [...checks, "R1"]) {
      expect(report.properties.find((property) => property.id === id)).toMatchObject({ verdict: "not-applicable" });
    }
    expect(report.exitCode).toBe(0);
  });

  it("hold a router to its own choices only", async () => {
    const routed = (chosenBy: "sut" | "runner") =>
      aHistory({ capabilities: { route: true, proxy: false } })
        .engine("a")
        .engine("b")
        .prompt("p", 4)
        .stores("a", "p")
        .wait(500)
        .routes("p", "b", { dry: false, status: 200, chosenBy, loads: {} })
        .verdictOf("R1");
    expect(await routed("sut")).toMatchObject({ verdict: "fail", violations: [{ engine: "b" }] });
    expect(await routed("runner")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
