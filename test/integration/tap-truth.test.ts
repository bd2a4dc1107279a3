/** The tap that stands for a ledger, beside engines that do keep one: both must tell the same, or real engines are judged wrongly. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { systemClock } from "../../src/base/clock.js";
import type { LedgerRecord } from "../../src/base/ledger.js";
import type { TruthGapRecord } from "../../src/judge/history/records.js";
import { LifeTap } from "../../src/lab/truth/life-tap.js";
import { LoadedAdapters } from "../../src/lab/truth/loaded-adapters.js";
import { ToldBlocks } from "../../src/lab/truth/told-blocks.js";
import { EngineProcess, type EngineUnderTest, events, readLedger, tokens } from "./engine-process.js";

interface Tapped {
  readonly tap: LifeTap;
  readonly gaps: TruthGapRecord[];
  readonly ledgerFile: string;
}

function tapOf(
  { events: heardAt, replay }: { readonly events: string; readonly replay: string },
  adapters = new LoadedAdapters(),
): Tapped {
  const folder = mkdtempSync(join(tmpdir(), "kvproof-tap-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const gaps: TruthGapRecord[] = [];
  const ledgerFile = join(folder, "ledger.ndjson");
  const of = { engine: "tiny/1", epoch: 1, rank: 0, topic: "", ledgerFile };
  const deps = { clock: systemClock, record: (gap: TruthGapRecord) => gaps.push(gap) };
  const tap = new LifeTap({ ...of, events: heardAt, replay }, new ToldBlocks("tiny", adapters), deps);
  onTestFinished(() => tap.settled());
  return { tap, gaps, ledgerFile };
}

async function engineWith(...flags: string[]): Promise<EngineUnderTest> {
  return new EngineProcess(["--model", "tiny", "--num-gpu-blocks", "24", ...flags]).ready();
}

/** One change per block, so that it does not matter how a ledger groups them. */
function plain(records: readonly LedgerRecord[]): string[] {
  return records.flatMap(({ seq, changes }) =>
    changes.flatMap((change) =>
      change.op === "clear"
        ? [`${seq} clear`]
        : change.blocks.map(([identity, hash]) => `${seq} ${change.op} ${identity} ${hash}`),
    ),
  );
}

describe("the tap that stands for a ledger", () => {
  it("tells what the engine's own ledger tells: prompts, decoding, adapters, salts, copies, evictions, a reset", async () => {
    const lora = ["--enable-lora", "--lora-modules", "sql=/v1"];
    const engine = await engineWith("--kv-events-config", events(), ...lora);
    const adapters = new LoadedAdapters();
    adapters.load("sql", "/v1");
    const { tap, gaps, ledgerFile } = tapOf(engine, adapters);
    await engine.store(tokens(64, 1));
    await engine.complete(tokens(96, 2), { max_tokens: 40 });
    // Twice: its last block gets a second copy.
    await engine.complete(tokens(96, 2));
    await engine.complete(tokens(70, 2), { model: "sql" });
    await engine.complete(tokens(70, 2), { cache_salt: "s" });
    for (let salt = 3; salt < 9; salt++) await engine.complete(tokens(120, salt), { max_tokens: 3 });
    await engine.call("POST", "/reset_prefix_cache");
    await engine.complete(tokens(50, 2));
    await tap.settled();
    expect(gaps).toEqual([]);
    expect(plain(readLedger(ledgerFile))).toEqual(plain(engine.ledger()));
    expect(plain(engine.ledger()).some((line) => line.includes("remove"))).toBe(true);
  });

  it("misses nothing of an engine that is killed, and asks the dead nothing", async () => {
    const engine = await engineWith("--kv-events-config", events());
    const { tap, gaps, ledgerFile } = tapOf(engine);
    for (let salt = 0; salt < 20; salt++) await engine.store(tokens(32, salt));
    // What a killed process has not handed to the network yet is lost with it, and nobody's to hear.
    const left = engine.ledger().length;
    await waitFor(() => tap.batches === left, { describe: "all that left the engine", timeoutMs: 5000 });
    engine.process.child.kill("SIGKILL");
    await engine.process.ended;
    await tap.ended();
    expect(gaps).toEqual([]);
    expect(plain(readLedger(ledgerFile))).toEqual(plain(engine.ledger()));
  });

  it("says so when the replay endpoint is silent and cannot prove that the end was heard", async () => {
    const engine = await engineWith("--kv-events-config", events());
    // A port at which nobody answers.
    const { tap, gaps } = tapOf({ events: engine.events, replay: "tcp://127.0.0.1:9" });
    await waitFor(() => tap.connected, { describe: "the tap to be connected", timeoutMs: 5000 });
    await engine.store(tokens(32, 1));
    await tap.settled();
    expect(gaps.at(-1)?.problem).toMatch(/did not answer when asked for the last batches|gone before the tap/);
  });

  it("says so when another life speaks at the same ports and nobody saw the first one end", async () => {
    const first = await engineWith("--kv-events-config", events());
    const { tap, gaps, ledgerFile } = tapOf(first);
    await first.store(tokens(32, 1));
    await first.store(tokens(32, 2));
    await waitFor(() => tap.batches === 2, { describe: "the tap to hear the first life", timeoutMs: 5000 });
    first.process.child.kill("SIGKILL");
    await first.process.ended;
    const again = events({ endpoint: first.events, replay_endpoint: first.replay, bind: true });
    const second = await engineWith("--kv-events-config", again);
    await second.store(tokens(32, 3));
    await tap.settled();
    expect(gaps.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/^its publisher began anew although nobody saw its process end/),
    ]);
    expect(plain(readLedger(ledgerFile))).toEqual(plain(first.ledger()));
  });

  it("says so when nobody was ever heard", async () => {
    const { tap, gaps } = tapOf({ events: "tcp://127.0.0.1:9", replay: "tcp://127.0.0.1:9" });
    await tap.settled();
    expect(gaps).toMatchObject([{ k: "truth-gap", problem: "nobody was heard at tcp://127.0.0.1:9" }]);
  });
});
