/** `kvproof lint --engine`: the engine double keeps what it imitates, in every dialect; and what its quirks break is named. */
import { describe, expect, it } from "vitest";
import { DIALECTS } from "../../src/protocol/dialects.js";
import { Linter, type LintReport } from "../../src/streams/lint/linter.js";
import { tapFleet } from "../../src/streams/tap/fleet-tap.js";
import { anEngine, type EngineUnderTest, tokens, events } from "./engine-process.js";

/** What the engine has published until now, and until `batches` are there, linted over its sockets. */
async function linted(engine: EngineUnderTest, batches: number, blocks?: number): Promise<LintReport> {
  const streams = engine.info.ranks.map(({ rank, events, replay }) => ({
    engine: "tiny",
    rank,
    events,
    replay: replay ?? null,
    topic: "",
  }));
  const linter = new Linter(streams, { blocks });
  const enough = (): boolean => linter.batches >= batches;
  const target = { append: linter.add.bind(linter), drained: () => Promise.resolve(), enough };
  await tapFleet(target, { streams, forMs: 10_000, signal: new AbortController().signal });
  return linter.report();
}

function published(engine: EngineUnderTest): number {
  return engine.ledger().length;
}

const violations = ({ findings }: LintReport): string[] =>
  findings.filter(({ severity }) => severity === "violation").map(({ id, message }) => `${id}: ${message}`);

describe("lint of a running engine double", () => {
  it.each(Object.keys(DIALECTS))("is clean under eviction, hits and repeats: %s", async (dialect) => {
    const engine = await anEngine("--kv-events-config", events(), "--dialect", dialect, "--num-gpu-blocks", "40");
    for (let i = 0; i < 12; i++) await engine.complete(tokens(16 * (4 + (i % 5)), i % 7));
    await engine.store(tokens(16, 30));
    await engine.evict(tokens(16, 30));
    const report = await linted(engine, published(engine), 40);
    expect(violations(report)).toEqual([]);
    expect(report.batches).toBe(published(engine));
    expect(report.streams[0]?.dialect).not.toBe("unknown");
  });

  it.each<[string, string[]]>([
    ["ranks", ["--data-parallel-size", "2"]],
    ["groups and a CPU tier", ["--kv-groups", "2", "--cpu-blocks", "16"]],
    ["digests as hashes", ["--no-int-hashes"]],
    ["adapters", ["--enable-lora", "--lora-modules", "x=./x"]],
  ])("is clean with %s", async (_, flags) => {
    const engine = await anEngine("--kv-events-config", events(), "--num-gpu-blocks", "40", ...flags);
    const model = flags.includes("--enable-lora") ? { model: "x" } : {};
    for (let i = 0; i < 12; i++)
      await engine.complete(tokens(16 * (4 + (i % 5)), i % 7), { ...model, cache_salt: `s${i % 2}` });
    expect(violations(await linted(engine, published(engine)))).toEqual([]);
  });

  it.each<[string, RegExp]>([
    ["burn-seq", /^sequence: number \d is missing/],
    ["garbled-batch", /^decode: /],
    ["garbled-event", /^decode: /],
    ["unknown-event", /^dialect: unknown event type/],
    ["wrong-parent", /^parent: expected parent \d+ to be stored before/],
  ])("names what the quirk %s breaks", async (kind, finding) => {
    const engine = await anEngine("--kv-events-config", events());
    await engine.store(tokens(16));
    await engine.labJson("POST", "/lab/quirk", { kind, count: 1 });
    await engine.store(tokens(32));
    await engine.store(tokens(16, 2));
    const found = violations(await linted(engine, published(engine) - (kind === "burn-seq" ? 1 : 0)));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(finding);
  });

  it("takes a store that comes twice for a second copy", async () => {
    const engine = await anEngine("--kv-events-config", events());
    await engine.labJson("POST", "/lab/quirk", { kind: "duplicate-store", count: 1 });
    await engine.store(tokens(16));
    const report = await linted(engine, 1);
    expect(violations(report)).toEqual([]);
    expect(report.counts).toEqual({ "second-copy": 1 });
  });
});
