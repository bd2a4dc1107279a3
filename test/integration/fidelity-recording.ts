/** Reads a recording of a real vLLM (../shared/vectors/vllm-live) as a timeline, and compares payloads. */
import { readFileSync } from "node:fs";
import { sharedPath } from "../shared.js";

export interface RecordedRequest {
  readonly kind: "request";
  /** Seconds: sent, answered. A few rows carry no `t_end`; nothing overlaps them. */
  readonly t: number;
  readonly t_end?: number;
  readonly label: string;
  readonly model: string;
  readonly prompt: readonly number[];
  readonly max_tokens: number;
  readonly extra: {
    readonly cache_salt?: string;
    readonly session_id?: string;
    readonly vllm_xargs?: { readonly kv_cache_report_mode?: string };
  };
  readonly status: number | null;
  readonly cached_tokens?: number | null;
  readonly output_token_ids?: readonly number[] | null;
}

export interface RecordedEvent {
  readonly kind: "event";
  /** Time of receipt, up to hundreds of ms after the step. */
  readonly t: number;
  readonly port: number;
  readonly seq: number;
  readonly payload_hex: string;
  /** The batch's own ts, on the same clock: seconds since 1970 when the engine built it. */
  readonly ts: number;
}

export interface RecordedCall {
  readonly kind: "http";
  readonly t: number;
  readonly method: string;
  readonly path: string;
  readonly json: { readonly lora_name?: string; readonly lora_path?: string; readonly load_inplace?: boolean } | null;
  readonly status: number;
  readonly body: string;
}

export interface RecordedMetrics {
  readonly kind: "metrics";
  readonly t: number;
  readonly label: string;
  readonly lines: readonly string[];
}

export type RecordedLine = RecordedRequest | RecordedEvent | RecordedCall | RecordedMetrics;

export interface Recording {
  readonly name: string;
  /** Everything but events, in order of time. */
  readonly actions: readonly (RecordedRequest | RecordedCall | RecordedMetrics)[];
  readonly requests: readonly RecordedRequest[];
  /** In order of sequence numbers. */
  readonly events: readonly RecordedEvent[];
}

const KINDS = new Set(["request", "event", "http", "metrics"]);

export function readRecording(name: string): Recording {
  const text = readFileSync(sharedPath(`vectors/vllm-live/${name}.jsonl`), "utf8");
  const lines = text
    .split("\n")
    .filter((line) => line.length > 0)
    .map((line) => JSON.parse(line) as RecordedLine)
    .filter((line) => KINDS.has(line.kind))
    .map((line) => (line.kind === "event" ? { ...line, ts: batchTs(line.payload_hex) } : line))
    .sort((a, b) => a.t - b.t);
  return {
    name,
    actions: lines.filter((line) => line.kind !== "event"),
    requests: lines.filter((line) => line.kind === "request"),
    events: lines.filter((line) => line.kind === "event").sort((a, b) => a.seq - b.seq),
  };
}

/** Requests that overlap in time (mostly one), in order of sending, and the resets made meanwhile. */
export interface Episode {
  readonly kind: "episode";
  readonly t: number;
  readonly requests: RecordedRequest[];
  readonly resets: RecordedCall[];
}

/** Groups a recording's actions into what a replay does one after the other. Unanswered requests are left out. */
export function timeline(actions: Recording["actions"]): (Episode | RecordedCall | RecordedMetrics)[] {
  const steps: (Episode | RecordedCall | RecordedMetrics)[] = [];
  let open: Episode | null = null;
  let openUntil = -Infinity;
  for (const action of actions) {
    if (action.kind === "request") {
      if (action.status === null) continue;
      if (!open || action.t > openUntil)
        steps.push((open = { kind: "episode", t: action.t, requests: [], resets: [] }));
      open.requests.push(action);
      openUntil = Math.max(openUntil, action.t_end ?? action.t);
    } else if (action.kind === "metrics") steps.push(action);
    else if (action.path.startsWith("/reset_prefix_cache")) {
      if (open && action.t < openUntil) open.resets.push(action);
      else steps.push(action);
    }
  }
  return steps;
}

/** A batch starts `93 cb <float64 ts>`: the eight bytes after the second are the only ones that may differ. */
const TS_HEX = { from: 4, to: 20 };

export function withoutTs(payloadHex: string): string {
  return payloadHex.slice(0, TS_HEX.from) + payloadHex.slice(TS_HEX.to);
}

/** A Prometheus sample of rank 0 in a recorded metrics line, or undefined. */
export function recordedMetric(metrics: RecordedMetrics, name: string): number | undefined {
  const line = metrics.lines.find((text) => text.startsWith(`${name}{`) && text.includes('engine="0"'));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(" ") + 1));
}

function batchTs(payloadHex: string): number {
  return Buffer.from(payloadHex.slice(TS_HEX.from, TS_HEX.to), "hex").readDoubleBE(0);
}
