/** `kvproof engine`: the vLLM double. Flags bear vLLM's names where vLLM has them. */
import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../../base/errors.js";
import type { EngineCoreConfig } from "../../engine/cache/engine-types.js";
import type { EngineOptions } from "../../engine/engine-options.js";
import type { Dialect } from "../../protocol/dialects.js";
import { integerFlag } from "../flags.js";

const HASH_ALGORITHMS = ["sha256", "sha256_cbor", "xxhash", "xxhash_cbor"] as const;
const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

interface Flags {
  readonly model: string;
  readonly name?: string;
  readonly epoch: number;
  readonly host: string;
  readonly port: number;
  readonly labPort: number;
  readonly numGpuBlocks: number;
  readonly blockSize: number;
  readonly maxNumBatchedTokens: number;
  readonly maxNumSeqs: number;
  readonly maxModelLen?: number;
  readonly prefixCachingHashAlgo: (typeof HASH_ALGORITHMS)[number];
  readonly hashSeed?: string;
  readonly intHashes: boolean;
  readonly dataParallelSize: number;
  readonly kvGroups: number;
  readonly cpuBlocks: number;
  readonly dialect: string;
  readonly kvEventsConfig?: string;
  readonly prefillTokensPerS: number;
  readonly decodeMsPerToken: number;
  readonly enableLora?: true;
  readonly maxLoras: number;
  readonly loraModules: readonly string[];
  readonly vocabSize: number;
  readonly publishAtStart: number;
  readonly seed: number;
  readonly ledgerFile?: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
}

export function registerEngine(program: Command): void {
  engineCommand(program.command("engine"), async (options) => {
    keepYoungGenerationSmall();
    const { runEngine } = await import("../../engine/main.js");
    await runEngine(options);
    // libzmq's threads and idle keep-alive connections would hold the process; all that matters is written.
    process.exit(0);
  });
}

/** All flags of an engine on a command; `start` gets them checked. */
export function engineCommand(command: Command, start: (options: EngineOptions) => Promise<void>): Command {
  command
    .description("start a vLLM double: real KV events over ZeroMQ, vLLM's HTTP surface, and a lab port to steer it")
    .requiredOption("--model <name>", "served model name")
    .option("--name <engine>", "name in ledgers and logs (default: <model>/0)")
    .option("--epoch <n>", "life of this engine: 1 for the first process, +1 per restart", integerFlag(1), 1)
    .option("--host <address>", "address of the HTTP and lab ports", "127.0.0.1")
    .option("--port <port>", "HTTP port, 0 = chosen by the system", integerFlag(0, 65_535), 0)
    .option("--lab-port <port>", "lab port, 0 = chosen by the system", integerFlag(0, 65_535), 0)
    .option(
      "--publish-at-start <n>",
      "batches of made-up blocks published before the engine is ready",
      integerFlag(0),
      0,
    )
    .option("--seed <n>", "seed of generated tokens and made-up blocks", integerFlag(0, 0xffff_ffff), 0)
    .option("--vocab-size <n>", "token ids are below this", integerFlag(1, 0xffff_ffff), 128_256)
    .option("--ledger-file <path>", "append the ledger (NDJSON) here")
    .addOption(new Option("--log-level <level>", "logs go to standard error").choices(LOG_LEVELS).default("info"));
  addCacheFlags(command);
  addServingFlags(command);
  command.addHelpText("after", "\nThe lab port wants the token in the environment variable KVPROOF_LAB_TOKEN.");
  return command.action(async (flags: Flags) => start(await toOptions(flags)));
}

/** A new space that stays at its first 1 MB saves about 15 MB of resident memory per engine. */
function keepYoungGenerationSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

function addCacheFlags(command: Command): void {
  command
    .option("--num-gpu-blocks <n>", "blocks of the pool, the null block included", integerFlag(2), 4096)
    .option("--block-size <tokens>", "tokens per block", integerFlag(1), 16)
    .option("--kv-groups <n>", "KV-cache groups", integerFlag(1), 1)
    .option("--cpu-blocks <n>", "blocks of a CPU tier behind the pool", integerFlag(0), 0)
    .addOption(
      new Option("--prefix-caching-hash-algo <algorithm>", "block hash")
        .choices(HASH_ALGORITHMS)
        .default("sha256_cbor"),
    )
    .option("--hash-seed <text>", "PYTHONHASHSEED")
    .option("--int-hashes", "u64 hashes on the wire (VLLM_KV_EVENTS_USE_INT_BLOCK_HASHES=1)", true)
    .option("--no-int-hashes", "whole digests on the wire")
    .option("--dialect <release>", "wire dialect, such as vllm-0.22 or sglang-map", "vllm-0.30")
    .option("--kv-events-config <json>", "vLLM's JSON (default: publish and replay on ports chosen by the system)");
}

function addServingFlags(command: Command): void {
  command
    .option("--data-parallel-size <n>", "ranks, each with its own cache and publisher", integerFlag(1, 256), 1)
    .option("--max-num-batched-tokens <n>", "tokens per step", integerFlag(1), 8192)
    .option("--max-num-seqs <n>", "requests per step", integerFlag(1), 256)
    .option("--max-model-len <tokens>", "prompt plus output (default: what the pool holds)", integerFlag(2))
    .option("--prefill-tokens-per-s <n>", "0 = instantly", number(0), 0)
    .option("--decode-ms-per-token <ms>", "0 = instantly", number(0), 0)
    .option("--enable-lora", "serve LoRA adapters")
    .option("--max-loras <n>", "as reported in metrics", integerFlag(1), 4)
    .option("--lora-modules <name=path...>", "adapters loaded at start", []);
}

async function toOptions(flags: Flags): Promise<EngineOptions> {
  const { checkEngineOptions } = await import("../../engine/engine-options.js");
  const { parseKvEventsConfig } = await import("../../engine/publisher/publisher-config.js");
  const { parseDialect } = await import("../../protocol/dialects.js");
  const { model, host } = flags;
  const dialect = parseDialect(flags.dialect);
  return checkEngineOptions({
    model,
    host,
    dialect,
    epoch: flags.epoch,
    port: flags.port,
    labPort: flags.labPort,
    vocabSize: flags.vocabSize,
    seed: flags.seed,
    publishAtStart: flags.publishAtStart,
    maxLoras: flags.maxLoras,
    logLevel: flags.logLevel,
    name: flags.name ?? `${model}/0`,
    labToken: process.env.KVPROOF_LAB_TOKEN || randomBytes(24).toString("hex"),
    ranks: flags.dataParallelSize,
    core: await toCoreConfig(flags, dialect),
    events: parseKvEventsConfig(flags.kvEventsConfig ?? defaultEvents(host)),
    timing: { prefillTokensPerS: flags.prefillTokensPerS, decodeMsPerToken: flags.decodeMsPerToken },
    enableLora: flags.enableLora ?? false,
    loraModules: flags.loraModules.map(loraModule),
    ledgerFile: flags.ledgerFile ?? null,
  });
}

async function toCoreConfig(flags: Flags, dialect: Dialect): Promise<EngineCoreConfig> {
  const { hashSeed, tagsExtraKeys } = await import("../../engine/engine-options.js");
  const hashAlgorithm = flags.prefixCachingHashAlgo;
  const seed = hashSeed(flags.hashSeed, hashAlgorithm);
  return {
    model: flags.model,
    numGpuBlocks: flags.numGpuBlocks,
    blockSize: flags.blockSize,
    maxNumBatchedTokens: flags.maxNumBatchedTokens,
    maxNumSeqs: flags.maxNumSeqs,
    ...(flags.maxModelLen === undefined ? {} : { maxModelLen: flags.maxModelLen }),
    hashAlgorithm,
    ...(seed === undefined ? {} : { hashSeed: seed }),
    taggedExtraKeys: tagsExtraKeys(dialect),
    intHashes: flags.intHashes,
    kvGroups: flags.kvGroups,
    cpuBlocks: flags.cpuBlocks,
  };
}

function defaultEvents(host: string): string {
  const endpoint = `tcp://${host}:0`;
  return JSON.stringify({ enable_kv_cache_events: true, endpoint, replay_endpoint: endpoint });
}

function loraModule(text: string): { name: string; path: string } {
  const match = /^([^=]+)=(.+)$/.exec(text);
  if (match === null) throw new UsageError("KVP_E_USAGE", `--lora-modules: "${text}" is not <name>=<path>`);
  return { name: match[1] as string, path: match[2] as string };
}

function number(low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= low) return value;
    throw new InvalidArgumentError(`It must be a number from ${low} up.`);
  };
}
