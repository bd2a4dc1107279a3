/**
 * Fidelity: the engine double, given the requests that a real vLLM 0.32.0 was given, publishes the same bytes. When one of these
 * fails, a router tested against the double meets an engine that does not exist.
 *
 * | recording | compared | result |
 * |---|---|---|
 * | sha256-seed0, sha256-noseed, sha256_cbor-noseed-bytes, xxhash_cbor-seed0 | whole file | equal |
 * | basic-sha256_cbor | whole file: lone requests, burst of sharers, preemption, resets, abort, metrics | equal |
 * | restart-kill9 | whole file: before the kill as the continuation of basic, after it a fresh engine | equal |
 * | reset-running | whole file, as the continuation of restart-kill9 | equal |
 * | lora | whole file | equal |
 * | dp2 | whole file, one core per rank | equal |
 * | hybrid-swa | hashes only: sliding-window groups are not imitated (docs/fidelity.md) | hashes equal |
 *
 * Equal = every batch byte for byte except its ts, in the same order, and every cached_tokens. Where requests overlap, a
 * recording does not say in which order the engine took them in; that order is read off its batches and given to the replay.
 */
import { describe, expect, it } from "vitest";
import { EngineCore } from "../../src/engine/cache/engine-core.js";
import type { Adapter, EngineCoreConfig } from "../../src/engine/cache/engine-types.js";
import { loadHashes } from "../../src/engine/cache/hash-functions.js";
import { sharedAvailable } from "../shared.js";
import type { RecordedEvent, RecordedMetrics, RecordedRequest, Recording } from "./fidelity-recording.js";
import { readRecording, recordedMetric, withoutTs } from "./fidelity-recording.js";
import { Replay } from "./fidelity-replay.js";

const hashes = await loadHashes();

/** How the recorded servers were started (README.md beside the recordings). */
const COMMON: EngineCoreConfig = { model: "tiny", numGpuBlocks: 64, blockSize: 32, maxNumSeqs: 8, hashSeed: "0" };
const BASIC: EngineCoreConfig = { ...COMMON, maxNumBatchedTokens: 128, maxModelLen: 1024 };

const BASIC_OPTIONS = {
  bursts: [
    // cached_tokens: sharer 1 alone found nothing.
    [1, 0, 2, 3, 4, 5, 6, 7].map((i) => `c4-sharer${i}`),
    // Batches 81 to 87 show the prompts' blocks in this order, cut where the step budget of 128 tokens ran out.
    [0, 1, 4, 3, 2, 5, 7, 6].map((i) => `preempt${i}`),
  ],
  // vllm:generation_tokens_total grew by 3 for the request whose client went away.
  abortAfter: { "abort-stream": 3 },
};

function expectSameBytes(replay: Replay, events: readonly RecordedEvent[]): void {
  expect(replay.batches.map((payload, i) => `${i}: ${payload}`)).toEqual(
    events.map(({ payload_hex }, i) => `${i}: ${withoutTs(payload_hex)}`),
  );
}

function expectSameHits(replay: Replay, requests: readonly RecordedRequest[]): void {
  const answered = requests.filter(({ cached_tokens }) => typeof cached_tokens === "number");
  expect(answered.length).toBeGreaterThan(0);
  expect(answered.map((request) => `${request.label} ${replay.cachedTokens.get(request)}`)).toEqual(
    answered.map((request) => `${request.label} ${request.cached_tokens}`),
  );
}

function expectSameMetrics(core: EngineCore, metrics: RecordedMetrics): void {
  const { prefixQueries, prefixHits, preemptions, running, waiting, usage } = core.stats();
  const recorded = (name: string) => recordedMetric(metrics, `vllm:${name}`);
  expect({ scrape: metrics.label, prefixQueries, prefixHits, preemptions, running, waiting, usage }).toEqual({
    scrape: metrics.label,
    prefixQueries: recorded("prefix_cache_queries_total"),
    prefixHits: recorded("prefix_cache_hits_total"),
    preemptions: recorded("num_preemptions_total"),
    running: recorded("num_requests_running"),
    waiting: recorded("num_requests_waiting"),
    usage: recorded("kv_cache_usage_perc"),
  });
}

const split = (recording: Recording, t: number) => ({
  before: recording.actions.filter((action) => action.t < t),
  after: recording.actions.filter((action) => action.t >= t),
});

describe.skipIf(!sharedAvailable)("fidelity to recorded vLLM 0.32.0 (needs ../shared)", () => {
  it.each<[string, Partial<EngineCoreConfig>]>([
    ["sha256-seed0", { hashAlgorithm: "sha256" }],
    ["sha256-noseed", { hashAlgorithm: "sha256", hashSeed: undefined }],
    ["sha256_cbor-noseed-bytes", { hashAlgorithm: "sha256_cbor", hashSeed: undefined, intHashes: false }],
    ["xxhash_cbor-seed0", { hashAlgorithm: "xxhash_cbor" }],
  ])("publishes the recorded bytes of %s, whole file", (name, config) => {
    const recording = readRecording(name);
    const replay = new Replay(new EngineCore({ ...COMMON, ...config }, hashes));
    replay.play(recording.actions, recording.events);
    expectSameBytes(replay, recording.events);
    expectSameHits(replay, recording.requests);
  });

  it("publishes the recorded bytes of basic-sha256_cbor, whole file, with vLLM's counters at every scrape", () => {
    const recording = readRecording("basic-sha256_cbor");
    const core = new EngineCore(BASIC, hashes);
    const replay = new Replay(core, BASIC_OPTIONS);
    let scrapes = 0;
    replay.play(recording.actions, recording.events, (metrics) => {
      expectSameMetrics(core, metrics);
      scrapes++;
    });
    expectSameBytes(replay, recording.events);
    expectSameHits(replay, recording.requests);
    expect(replay.resets).toEqual([true, false, true]);
    expect(scrapes).toBe(5);
  });

  it("evicts what the same server evicted later, and starts empty after its kill (restart-kill9)", () => {
    const basic = readRecording("basic-sha256_cbor");
    const restart = readRecording("restart-kill9");
    const killed = restart.actions.find((action) => action.kind === "request" && action.status === null);
    const { before, after } = split(restart, killed?.t ?? 0);
    const life1 = new Replay(new EngineCore(BASIC, hashes), BASIC_OPTIONS);
    life1.play(basic.actions, basic.events);
    life1.play(before, restart.events);
    const life2 = new Replay(new EngineCore(BASIC, hashes));
    life2.play(after, restart.events);
    expectSameBytes(life1, [...basic.events, ...restart.events.filter(({ seq }) => seq >= basic.events.length)]);
    expectSameBytes(
      life2,
      restart.events.filter(({ seq }) => seq < basic.events.length),
    );
    expectSameHits(
      life2,
      after.filter((action) => action.kind === "request"),
    );
  });

  it("stores a running request again when the cache is reset under it (reset-running)", () => {
    const restart = readRecording("restart-kill9");
    const recording = readRecording("reset-running");
    const killed = restart.actions.find((action) => action.kind === "request" && action.status === null);
    const replay = new Replay(new EngineCore(BASIC, hashes));
    replay.play(split(restart, killed?.t ?? 0).after, restart.events);
    const batchesMissed = replay.batches.splice(0).length;
    replay.play(recording.actions, recording.events);
    expect(recording.events[0]?.seq, "the recorder attached after this many batches").toBe(batchesMissed);
    expectSameBytes(replay, recording.events);
    expectSameHits(replay, recording.requests);
    expect(replay.resets).toEqual([true, false]);
  });

  it("keeps adapters apart by name and path (lora)", () => {
    const recording = readRecording("lora");
    const loaded = new Map<string, Adapter>();
    const load = (name: string, path: string) => loaded.set(name, { name, path, id: loadCount++ });
    let loadCount = 1;
    load("loraA", "./loraA");
    load("loraB", "./loraB");
    const replay = new Replay(new EngineCore(COMMON, hashes), { adapters: loaded });
    for (const action of recording.actions) {
      if (action.kind === "http" && action.path === "/v1/load_lora_adapter") {
        load(action.json?.lora_name ?? "", action.json?.lora_path ?? "");
      } else replay.play([action], recording.events);
    }
    expectSameBytes(replay, recording.events);
    expectSameHits(replay, recording.requests);
  });

  it.each([0, 1])("publishes the recorded bytes of rank %i of two (dp2)", (rank) => {
    const recording = readRecording("dp2");
    const mine = recording.actions.filter((action) => action.kind !== "request" || rankOf(action) === rank);
    const events = recording.events.filter(({ port }) => port === 5557 + rank);
    const replay = new Replay(new EngineCore(COMMON, hashes), { rank });
    replay.play(mine, events);
    expectSameBytes(replay, events);
    expectSameHits(
      replay,
      mine.filter((action) => action.kind === "request"),
    );
  });
});

/** The server balanced requests between its ranks; which port then published says where each went. */
function rankOf({ label }: RecordedRequest): number {
  const ranks: Readonly<Record<string, number>> = { "forced-rank?": 0, "after-reset-1": 1, "after-reset-2": 0 };
  return ranks[label] ?? Number(label.at(-1)) % 2;
}
