/** `--kv-events-config`: vLLM's JSON (vllm/config/kv_events.py) and its defaults, plus our `bind` and `replay_poll_ms`. */
import { UsageError } from "../../base/errors.js";

export interface KvEventsConfig {
  readonly enable_kv_cache_events: boolean;
  readonly publisher: "null" | "zmq";
  readonly endpoint: string;
  readonly replay_endpoint: string | null;
  /** Batches kept for replay. */
  readonly buffer_steps: number;
  /** SNDHWM of the PUB socket, in messages per subscriber; the replay socket keeps libzmq's 1000, as in vLLM. */
  readonly hwm: number;
  /** Batches waiting for the publisher; when full, the engine's step waits (vLLM issue #53859). */
  readonly max_queue_size: number;
  readonly topic: string;
  /** Ours: binds `endpoint` although vLLM's rule says connect (restart in place on a known port). */
  readonly bind: boolean;
  /** Ours: how long an idle publisher waits before it looks at the replay socket; vLLM's `queue.get(timeout=0.1)`. */
  readonly replay_poll_ms: number;
}

export const VLLM_REPLAY_POLL_MS = 100;

const defaults: KvEventsConfig = {
  enable_kv_cache_events: false,
  publisher: "null",
  endpoint: "tcp://*:5557",
  replay_endpoint: null,
  buffer_steps: 10_000,
  hwm: 100_000,
  max_queue_size: 100_000,
  topic: "",
  bind: false,
  replay_poll_ms: VLLM_REPLAY_POLL_MS,
};

type Check = (value: unknown) => boolean;
const isBoolean: Check = (value) => typeof value === "boolean";
const isText: Check = (value) => typeof value === "string";
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 1;

const fields: Record<keyof KvEventsConfig, { readonly ok: Check; readonly expects: string }> = {
  enable_kv_cache_events: { ok: isBoolean, expects: "true or false" },
  publisher: { ok: (value) => value === "null" || value === "zmq", expects: '"zmq" or "null"' },
  endpoint: { ok: isText, expects: "an endpoint such as tcp://*:5557" },
  replay_endpoint: { ok: (value) => value === null || isText(value), expects: "an endpoint or null" },
  buffer_steps: { ok: isCount, expects: "an integer >= 1" },
  hwm: { ok: (value) => value === 0 || isCount(value), expects: "an integer >= 0 (0 = no limit)" },
  max_queue_size: { ok: isCount, expects: "an integer >= 1" },
  topic: { ok: isText, expects: "a string" },
  bind: { ok: isBoolean, expects: "true or false" },
  replay_poll_ms: { ok: (value) => typeof value === "number" && value >= 1, expects: "milliseconds >= 1" },
};

/** Throws UsageError on bad JSON, an unknown key or a value of the wrong kind. `publisher` unset = "zmq" when enabled. */
export function parseKvEventsConfig(json: string): KvEventsConfig {
  const given = parseObject(json);
  for (const [key, value] of Object.entries(given)) {
    const field = fields[key as keyof KvEventsConfig];
    if (field === undefined) {
      throw usage(`unknown key "${key}"; known: ${Object.keys(fields).join(", ")}`);
    }
    if (!field.ok(value)) throw usage(`"${key}" must be ${field.expects}, got ${JSON.stringify(value)}`);
  }
  const merged: KvEventsConfig = { ...defaults, ...given };
  return given.publisher === undefined && merged.enable_kv_cache_events ? { ...merged, publisher: "zmq" } : merged;
}

/** vLLM publishes nothing unless events are enabled and the publisher is "zmq". */
export function publishes(config: KvEventsConfig): boolean {
  return config.enable_kv_cache_events && config.publisher === "zmq";
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw usage(`not valid JSON: ${(cause as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw usage("must be a JSON object");
  return value as Record<string, unknown>;
}

function usage(message: string): UsageError {
  return new UsageError("KVP_E_USAGE", `--kv-events-config: ${message}`);
}
