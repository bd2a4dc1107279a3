/** `kvproof replay`: what was recorded reaches a router as it was published; and the router then knows what a naive reader knows. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { cliEntry } from "../../src/base/package-root.js";
import { NaiveFleet } from "../../src/streams/oracle/naive-fleet.js";
import type { ReplayedEngine } from "../../src/streams/publish/replayed-fleet.js";
import { aBatch, aStream, cleared, removed, stored } from "../../src/streams/testing/a-trace.js";
import { openStreams } from "../../src/streams/trace/open-trace.js";
import { traceFacts } from "../../src/streams/trace/trace-facts.js";
import {
  TRACE_FORMAT,
  TRACE_VERSION,
  type TraceRecord,
  type TraceStream,
} from "../../src/streams/trace/trace-records.js";
import { TraceWriter } from "../../src/streams/trace/trace-writer.js";
import { sharedAvailable, sharedPath } from "../shared.js";
import { CliWorld, errorLine } from "./cli-world.js";

const LIMIT_MS = 15_000;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "kvproof-replay-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function written(
  records: readonly TraceRecord[],
  streams: readonly TraceStream[] = [aStream()],
): Promise<string> {
  const path = join(folder(), "t.kvtrace");
  const header = {
    format: TRACE_FORMAT,
    version: TRACE_VERSION,
    tool: "test",
    startedAt: "2026-01-01T00:00:00.000Z",
    streams,
  } as const;
  const writer = new TraceWriter(path, header);
  for (const record of records) writer.append(record);
  await writer.finish();
  return path;
}

interface Told {
  readonly event: string;
  readonly url?: string;
  readonly engines?: readonly ReplayedEngine[];
  readonly batches?: number;
}

class Started {
  readonly told: Told[] = [];
  readonly child: ChildProcess;
  stderr = "";
  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [cliEntry(), ...args], { stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) =>
      this.told.push(JSON.parse(line) as Told),
    );
    this.child.stderr?.on("data", (data: Buffer) => (this.stderr += data.toString()));
    cleanups.push(() => this.child.kill("SIGKILL"));
  }
  says(event: string): Promise<Told> {
    return waitFor(() => this.told.find((one) => one.event === event), {
      describe: `"${event}" on standard output`,
      timeoutMs: LIMIT_MS,
    });
  }
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    return ((await ended) as [number | null])[0];
  }
}

async function aGateway(): Promise<string> {
  return (await new Started(["gateway", "--log-level", "silent"]).says("ready")).url as string;
}

async function getJson<T>(url: string, body?: unknown): Promise<T> {
  const init =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await (await fetch(url, init)).json()) as T;
}

interface Workers {
  readonly workers: readonly {
    readonly engine: string;
    readonly ranks: readonly { readonly state: string; readonly lastSeq: number; readonly credit: number }[];
  }[];
}

/** Replays a file into a gateway and compares its answers for every chain with the naive reader's. */
async function compare(file: string, flags: readonly string[] = []): Promise<{ questions: number; held: number }> {
  const facts = await traceFacts(await openStreams(file));
  const naive = new NaiveFleet(facts);
  const lastSeqs = new Map<number, number>();
  for await (const record of (await openStreams(file)).records) {
    naive.see(record);
    if (record.kind === "batch") lastSeqs.set(record.stream, record.seq);
  }
  const url = await aGateway();
  const replay = new Started([
    "replay",
    file,
    "--speed",
    "max",
    "--register",
    url,
    "--wait-subscribers",
    "1",
    "--stay",
    ...flags,
  ]);
  await replay.says("published");
  // A stream joined late is partial: what came before it cannot be known.
  const due = facts.map((_, i) => lastSeqs.get(i) as number).sort((a, b) => a - b);
  await waitFor(
    async () => {
      const { workers } = await getJson<Workers>(`${url}/workers`);
      const ranks = workers.flatMap((worker) => worker.ranks);
      return (
        ranks.every(({ credit, state }) => credit > 0 && /^(live|partial)$/.test(state)) &&
        String(ranks.map(({ lastSeq }) => lastSeq).sort((a, b) => a - b)) === String(due)
      );
    },
    { describe: "the gateway to have followed every stream to its end", timeoutMs: LIMIT_MS },
  );
  const questions = naive.questions(5000);
  let held = 0;
  for (const question of questions) {
    const expected = naive.answer(question);
    held += Object.keys(expected).length;
    const { engines } = await getJson<{ engines: Record<string, number> }>(`${url}/query`, {
      model: "replayed",
      ...question,
    });
    expect(engines, JSON.stringify({ ...question, tokens: question.tokens.length })).toEqual(expected);
  }
  expect(await replay.end("SIGINT")).toBe(0);
  return { questions: questions.length, held };
}

describe("kvproof replay", () => {
  it("recorded again gives the same trace: numbers, lives, bytes", async () => {
    const lives: readonly TraceRecord[] = [
      { kind: "life", stream: 0, life: 1, atUs: 0, why: "began" },
      ...Array.from({ length: 50 }, (_, seq) =>
        aBatch(seq, [stored(seq === 0 ? null : seq, [seq + 1])], { atUs: seq * 2000 }),
      ),
      { kind: "life", stream: 0, life: 2, atUs: 800_000, why: "restarted" },
      ...Array.from({ length: 20 }, (_, seq) =>
        aBatch(seq, [stored(null, [seq + 100])], { life: 2, atUs: 800_000 + seq * 2000 }),
      ),
    ];
    const file = await written(lives);
    const replay = new Started(["replay", file, "--wait-subscribers", "1", "--stay"]);
    const [engine] = (await replay.says("ready")).engines as readonly ReplayedEngine[];
    const [rank] = engine?.ranks ?? [];
    const again = join(folder(), "again.kvtrace");
    const record = new Started([
      "record",
      "--engine",
      `a=${rank?.events},replay=${rank?.replay}`,
      "--out",
      again,
      "--batches",
      "70",
      "--for",
      "15s",
      "--json",
    ]);
    await replay.says("published");
    await once(record.child, "exit");
    const bytes = async (path: string): Promise<string[]> => {
      const found: string[] = [];
      for await (const one of (await openStreams(path)).records)
        if (one.kind === "batch") found.push(`${one.life}:${one.seq} ${Buffer.from(one.payload).toString("hex")}`);
      return found;
    };
    expect(await bytes(again)).toEqual(await bytes(file));
    await replay.end("SIGINT");
  });

  it("keeps the recorded time, or divides it by --speed", async () => {
    const file = await written([aBatch(0, [cleared]), aBatch(1, [cleared], { atUs: 2_000_000 })]);
    const seconds = async (speed: string): Promise<number> => {
      const { seconds } = (await new Started(["replay", file, "--speed", speed]).says("published")) as unknown as {
        seconds: number;
      };
      return seconds;
    };
    expect(await seconds("1")).toBeGreaterThan(1.95);
    expect(await seconds("10")).toBeLessThan(1.5);
    expect(await seconds("max")).toBeLessThan(1.5);
  });

  it("looks like an engine to a router that discovers it, and is forgotten when it ends", async () => {
    const url = await aGateway();
    const file = await written([aBatch(0, [stored(null, [1, 2])])]);
    const replay = new Started([
      "replay",
      file,
      "--register",
      url,
      "--wait-subscribers",
      "1",
      "--stay",
      "--model",
      "m",
    ]);
    const { engines } = await replay.says("ready");
    await replay.says("published");
    const http = engines?.[0]?.http as string;
    expect(await getJson(`${http}/v1/models`)).toMatchObject({ data: [{ id: "m" }] });
    expect(await getJson(`${http}/kv_event_sources`)).toMatchObject({
      "0": { endpoint: engines?.[0]?.ranks[0]?.events },
    });
    expect((await fetch(`${http}/v1/completions`, { method: "POST" })).status).toBe(501);
    const question = { model: "m", lora: null, salt: null, tokens: [1, 1, 1, 1, 2, 2, 2, 2] };
    const answered = (blocks: unknown): Promise<unknown> =>
      waitFor(async () => JSON.stringify(await getJson(`${url}/query`, question)) === JSON.stringify(blocks), {
        describe: JSON.stringify(blocks),
        timeoutMs: LIMIT_MS,
      });
    await answered({ engines: { a: 2 } });
    expect(await replay.end("SIGTERM")).toBe(0);
    await answered({ engines: {} });
  });

  it("several engines, ranks, lives, adapters, salts, tiers and dialects: the gateway answers what a naive reader does", async () => {
    const streams = [aStream({ engine: "a" }), aStream({ engine: "a", rank: 1 }), aStream({ engine: "b" })];
    const lora = { loraName: "x", loraId: 1, extraKeys: [["x"]] };
    const file = await written(
      [
        aBatch(0, [stored(null, [1, 2, 3, 4])]),
        aBatch(0, [stored(null, [1, 2])], { stream: 1, rank: 1 }),
        aBatch(0, [stored(null, [1, 2, 3])], { stream: 2, dialect: "sglang-map" }),
        aBatch(1, [stored(null, [1, 2, 3])], { stream: 2, dialect: "sglang-map" }),
        aBatch(1, [removed([4]), stored(3, [5]), stored(null, [1], { medium: "CPU" })]),
        aBatch(2, [
          stored(null, [1], { ...lora, blockHashes: [91n] }),
          stored(null, [1], { blockHashes: [92n], extraKeys: [["salt"]] }),
        ]),
        aBatch(2, [removed([3])], { stream: 2, dialect: "sglang-map" }),
        aBatch(3, [removed([2])]),
        { kind: "life", stream: 1, life: 2, atUs: 5000, why: "restarted" },
        aBatch(0, [stored(null, [7, 8])], { stream: 1, rank: 1, life: 2 }),
        aBatch(4, [stored(null, [1]), removed([1]), removed([1], { medium: "CPU" })]),
      ],
      streams,
    );
    expect(await compare(file)).toEqual({ questions: 7, held: 11 });
  });

  it.each<[string, string[], RegExp, number]>([
    ["a file that is not there", ["replay", "none"], /none cannot be read/, 64],
    [
      "a damaged trace, before anything is published",
      ["replay", "cut.kvtrace"],
      /cut\.kvtrace:\d+: cut off or damaged/,
      64,
    ],
    ["a recording without events", ["replay", "empty.jsonl"], /holds no batch/, 64],
    ["a speed that is none", ["replay", "r.jsonl", "--speed", "-1"], /factor above 0/, 64],
    [
      "nobody who listens",
      ["replay", "r.jsonl", "--wait-subscribers", "2", "--wait-timeout", "200ms"],
      /waited 200 ms for 2 subscribers of r#0/,
      69,
    ],
    [
      "a router that is not there",
      ["replay", "r.jsonl", "--register", "http://127.0.0.1:1"],
      /127\.0\.0\.1:1\/register does not answer/,
      69,
    ],
  ])("says what is wrong with %s", async (_, args, problem, code) => {
    const world = new CliWorld({ onTestFinished: (end) => void cleanups.push(end) });
    world.write("r.jsonl", '{"kind":"event","seq":0,"payload_hex":"93cb3ff00000000000009000"}\n');
    world.write("empty.jsonl", "\n");
    writeFileSync(world.path("cut.kvtrace"), Buffer.from("1f8b0800000000000003", "hex"));
    const ended = await world.run(args);
    expect(ended.code, ended.stderr).toBe(code);
    expect(errorLine(ended)).toMatch(problem);
    expect(ended.stdout.includes('"published"')).toBe(false);
  });
});

describe.skipIf(!sharedAvailable)("recordings of a real vLLM (needs ../shared)", () => {
  const live = sharedPath("vectors/vllm-live");
  const files = sharedAvailable
    ? readdirSync(live).filter((name) => name.endsWith(".jsonl") && !/^(http-samples|eras)/.test(name))
    : [];

  it.each(files)("replayed into the gateway, it answers what a naive reader does for every chain: %s", async (file) => {
    const { questions, held } = await compare(join(live, file));
    expect(questions).toBeGreaterThan(0);
    // At its end the hybrid model's sliding-window group holds the first block of no chain.
    expect(held > 0).toBe(file !== "hybrid-swa.jsonl");
  });
});
