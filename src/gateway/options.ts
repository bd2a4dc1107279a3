/** What the command line says, with units, and what holds when it says nothing. */
import type { LogLevel } from "../base/log.js";

export interface GatewayOptions {
  readonly host: string;
  readonly port: number;
  /** Path of the static configuration; null = engines register themselves. */
  readonly config: string | null;
  /** Where engines are found by themselves; null = nowhere. */
  readonly discover: "kubernetes" | null;
  /** Label selector of engine pods. */
  readonly discoverSelector: string;
  readonly minMatchBlocks: number;
  /** Cap of the index; null = the index's own default. */
  readonly maxBlocks: number | null;
  /** false: register engines but follow no stream. */
  readonly events: boolean;
  /** false: ignore replay endpoints. */
  readonly replay: boolean;
  /** null or "" = /register and /unregister are open to every caller. */
  readonly adminToken: string | null;
  /** Allows an address that other machines can reach. */
  readonly allowRemote: boolean;
  readonly logLevel: LogLevel;
  readonly healthIntervalMs: number;
  readonly adapterIntervalMs: number;
  /** Longest wait for the engines of the configuration before /ready answers 200 anyway. */
  readonly readyTimeoutMs: number;
  /** Longest time for running requests after a signal to stop. */
  readonly drainMs: number;
  /** Longest silence of an engine before and between the bytes of an answer. */
  readonly upstreamTimeoutMs: number;
  /** Largest OpenAI request. */
  readonly maxBodyBytes: number;
  /** Every n-th batch of a stream is traced for `GET /applied`; null = none. */
  readonly traceApplied: number | null;
}

export const DEFAULT_OPTIONS: GatewayOptions = {
  host: "127.0.0.1",
  port: 0,
  config: null,
  discover: null,
  discoverSelector: "kvproof.dev/role=engine",
  minMatchBlocks: 1,
  maxBlocks: null,
  events: true,
  replay: true,
  adminToken: null,
  allowRemote: false,
  logLevel: "info",
  healthIntervalMs: 1_000,
  adapterIntervalMs: 1_000,
  readyTimeoutMs: 30_000,
  drainMs: 10_000,
  upstreamTimeoutMs: 600_000,
  maxBodyBytes: 16 * 2 ** 20,
  traceApplied: null,
};
