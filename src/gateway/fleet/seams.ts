/** What the fleet needs of the index and of a stream, and nothing more. */
import type { Logger } from "../../base/log.js";
import type { PrefixIndex } from "../index/prefix-index.js";
import type { StreamSink, StreamStatus } from "../ports.js";

export type FleetIndex = Pick<
  PrefixIndex,
  "addHolder" | "removeHolder" | "sink" | "match" | "blocksOf" | "adapterId" | "dropAdapter" | "stats" | "sweep"
>;

export interface StreamSpec {
  readonly engine: string;
  readonly rank: number;
  readonly events: string;
  readonly replay: string | null;
  readonly topic: string;
  readonly sink: StreamSink;
  readonly log: Logger;
}

export interface RankStream {
  start(): void;
  status(): StreamStatus;
  /** As `status().connected`, cheaper. */
  readonly connected: boolean;
  /** As `status().credit`, cheaper. */
  credit(): number;
  /** Begins to close; resolves when sockets and timers are gone. */
  stop(): Promise<void>;
}

export type OpenStream = (spec: StreamSpec) => RankStream;
