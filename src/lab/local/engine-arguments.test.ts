import { describe, expect, it } from "vitest";
import type { EngineSpec } from "../ports.js";
import { engineArguments, type PodPlace } from "./engine-arguments.js";

const spec: EngineSpec = {
  engine: "llama/1",
  model: "llama",
  blocks: 128,
  blockSize: 16,
  dialect: "vllm-0.24",
  hash: "sha256",
  intHashes: false,
  replay: true,
  ranks: 2,
  groups: 1,
  cpuBlocks: 0,
  adapters: [
    { name: "sql", path: "/a/sql" },
    { name: "chat", path: "/a/chat" },
  ],
  prefillTokensPerS: 0,
  decodeMsPerToken: 0,
  maxBatchedTokens: 512,
  bufferSteps: 100,
  hwm: 100_000,
  publishAtStart: 0,
  events: true,
  seed: 3,
};
const anywhere: PodPlace = {
  address: "127.9.0.1",
  httpPort: 0,
  labPort: 0,
  eventsPort: 0,
  replayPort: 0,
  relayed: null,
};
const life = { epoch: 2, ledgerFile: "/r/ledger" };

function eventsOf(args: readonly string[]): Record<string, unknown> {
  return JSON.parse(args[args.indexOf("--kv-events-config") + 1] as string);
}

describe("an engine's command line", () => {
  it("lets the system choose ports the first time, and binds the same ones again in place", () => {
    expect(eventsOf(engineArguments(spec, anywhere, life))).toMatchObject({ endpoint: "tcp://127.9.0.1:0" });
    const place = { ...anywhere, httpPort: 1, labPort: 2, eventsPort: 3, replayPort: 5 };
    const args = engineArguments(spec, place, life);
    expect(eventsOf(args)).toMatchObject({
      endpoint: "tcp://127.9.0.1:3",
      replay_endpoint: "tcp://127.9.0.1:5",
      bind: true,
    });
    expect(args.join(" ")).toContain("--port 1 --lab-port 2");
  });

  it("offers no replay, or no events, where the scenario says so", () => {
    expect(eventsOf(engineArguments({ ...spec, replay: false }, anywhere, life))).not.toHaveProperty("replay_endpoint");
    expect(eventsOf(engineArguments({ ...spec, events: false }, anywhere, life))).toEqual({
      enable_kv_cache_events: false,
    });
  });

  it("carries adapters, hash form and what a restart changes", () => {
    const text = engineArguments(spec, anywhere, { ...life, publishAtStart: 9 }).join(" ");
    for (const part of [
      "--enable-lora --lora-modules sql=/a/sql chat=/a/chat",
      "--no-int-hashes",
      "--publish-at-start 9",
      "--epoch 2",
    ]) {
      expect(text).toContain(part);
    }
    expect(engineArguments(spec, anywhere, life).join(" ")).not.toContain("--publish-at-start");
  });
});
