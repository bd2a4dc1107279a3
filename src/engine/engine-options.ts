/** Everything an engine process is started with, checked. The command line (cli/commands/engine.ts) fills it in. */
import { randomBytes } from "node:crypto";
import { UsageError } from "../base/errors.js";
import type { LogLevel } from "../base/log.js";
import { DEFAULT_DIALECT, type Dialect } from "../protocol/dialects.js";
import type { EngineCoreConfig, HashAlgorithm } from "./cache/engine-types.js";
import type { KvEventsConfig } from "./publisher/publisher-config.js";
import type { Timing } from "./step-pacer.js";
import { RESERVED_TOKENS } from "./tokenizer.js";

export interface EngineOptions {
  /** Served model name. */
  readonly model: string;
  /** Name of this engine in ledgers and logs, `<model>/<n>`. */
  readonly name: string;
  readonly epoch: number;
  readonly host: string;
  readonly port: number;
  readonly labPort: number;
  readonly labToken: string;
  readonly core: EngineCoreConfig;
  readonly ranks: number;
  readonly dialect: Dialect;
  readonly events: KvEventsConfig;
  readonly timing: Timing;
  readonly enableLora: boolean;
  readonly maxLoras: number;
  readonly loraModules: readonly { readonly name: string; readonly path: string }[];
  readonly vocabSize: number;
  readonly seed: number;
  readonly publishAtStart: number;
  readonly ledgerFile: string | null;
  readonly logLevel: LogLevel;
}

/** The release whose HTTP surface is imitated; what `/version` says for the newest dialect and those of other engines. */
const IMITATED_VLLM = "0.32.0";

/** `vllm-0.24` → `0.24.0`. */
export function vllmVersion(dialect: Dialect): string {
  const release = /^vllm-(\d+\.\d+)(\.\d+)?$/.exec(dialect);
  if (release === null || dialect === DEFAULT_DIALECT) return IMITATED_VLLM;
  return `${release[1]}${release[2] ?? ".0"}`;
}

/** Tagged extra keys inside hashes came with 0.31, within the newest dialect; older ones hash the bare values. */
export function tagsExtraKeys(dialect: Dialect): boolean {
  return !dialect.startsWith("vllm-") || dialect === DEFAULT_DIALECT;
}

/** PYTHONHASHSEED: unset, vLLM's sha256 chains start from a fixed string and its xxhash chains from a random one. */
export function hashSeed(given: string | undefined, algorithm: HashAlgorithm): string | undefined {
  if (given !== undefined || !algorithm.startsWith("xxhash")) return given;
  return randomBytes(16).toString("hex");
}

/** Refuses contradictions that no single flag shows. Throws UsageError. */
export function checkEngineOptions(options: EngineOptions): EngineOptions {
  const refuse = (message: string): never => {
    throw new UsageError("KVP_E_USAGE", message);
  };
  if (options.loraModules.length > 0 && !options.enableLora) refuse("--lora-modules needs --enable-lora");
  if (options.vocabSize <= RESERVED_TOKENS) refuse(`--vocab-size must be above ${RESERVED_TOKENS}`);
  const { endpoint, replay_endpoint: replay, bind } = options.events;
  if (bind && options.ranks > 1 && replay !== null && collides(endpoint, replay, options.ranks)) {
    refuse(`with ${options.ranks} ranks the ports from ${endpoint} reach those from ${replay}; move one of them`);
  }
  return options;
}

/** Rank r uses port + r on both sockets, so that 5557/5558 collide from 2 ranks on. */
function collides(endpoint: string, replay: string, ranks: number): boolean {
  const port = Number(/:(\d+)$/.exec(endpoint)?.[1] ?? 0);
  const replayPort = Number(/:(\d+)$/.exec(replay)?.[1] ?? 0);
  return port > 0 && replayPort > 0 && Math.abs(port - replayPort) < ranks;
}
