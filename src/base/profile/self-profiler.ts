/**
 * A process that profiles itself, on word of its own control API: through an inspector session inside the process, so that no
 * debugger port is ever open.
 */
import { Session } from "node:inspector/promises";
import { getHeapSnapshot } from "node:v8";
import type { Readable } from "node:stream";
import { KvproofError } from "../errors.js";
import {
  PROFILE_KINDS,
  type CpuProfile,
  type HeapProfile,
  type ProfileKind,
  type TakenProfiles,
} from "./v8-profile.js";

/** A profile that nobody ends stops growing then; what it has waits to be fetched. */
const MAX_PROFILE_MS = 120_000;
const CPU_INTERVAL_US = 500;
const HEAP_INTERVAL_BYTES = 64 * 1024;

export class SelfProfiler {
  #session: Session | null = null;
  #kinds: ReadonlySet<ProfileKind> = new Set();
  #limit: NodeJS.Timeout | undefined;
  /** Of a profile that reached its limit. */
  #waiting: Promise<TakenProfiles> | null = null;

  /**
   * `{"action": "start", "kinds": ["cpu", "heap"]}` or `{"action": "stop"}`, which answers {@link TakenProfiles}.
   * @throws KvproofError KVP_E_BAD_REQUEST
   */
  async control(body: unknown): Promise<object> {
    const { action, kinds } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    if (action === "start") return this.#start(kindsOf(kinds));
    if (action === "stop") return this.#stop();
    throw refused('action must be "start" or "stop"');
  }

  /** Everything on the heap, as `.heapsnapshot`. The process does nothing else meanwhile. */
  snapshot(): Readable {
    return getHeapSnapshot();
  }

  async #start(kinds: ReadonlySet<ProfileKind>): Promise<object> {
    if (this.#session !== null) throw refused("a profile is under way already");
    const session = new Session();
    session.connect();
    this.#session = session;
    this.#kinds = kinds;
    this.#waiting = null;
    if (kinds.has("cpu")) {
      await session.post("Profiler.enable");
      await session.post("Profiler.setSamplingInterval", { interval: CPU_INTERVAL_US });
      await session.post("Profiler.start");
    }
    if (kinds.has("heap")) await session.post("HeapProfiler.startSampling", { samplingInterval: HEAP_INTERVAL_BYTES });
    this.#limit = setTimeout(() => void (this.#waiting = this.#take(session)), MAX_PROFILE_MS);
    this.#limit.unref();
    return { profiling: [...kinds] };
  }

  async #stop(): Promise<TakenProfiles> {
    const session = this.#session;
    if (session === null) throw refused("no profile is under way");
    clearTimeout(this.#limit);
    const taken = await (this.#waiting ?? this.#take(session));
    this.#session = null;
    return taken;
  }

  async #take(session: Session): Promise<TakenProfiles> {
    try {
      const cpu = this.#kinds.has("cpu") ? await session.post("Profiler.stop") : null;
      const heap = this.#kinds.has("heap") ? await session.post("HeapProfiler.stopSampling") : null;
      return { cpu: (cpu?.profile ?? null) as CpuProfile | null, heap: (heap?.profile ?? null) as HeapProfile | null };
    } finally {
      session.disconnect();
    }
  }
}

function kindsOf(value: unknown): ReadonlySet<ProfileKind> {
  const known = new Set<unknown>(PROFILE_KINDS);
  if (!Array.isArray(value) || value.length === 0 || !value.every((kind) => known.has(kind)))
    throw refused(`kinds must be a list of ${PROFILE_KINDS.join(" and ")}`);
  return new Set(value as ProfileKind[]);
}
function refused(message: string): KvproofError {
  return new KvproofError("KVP_E_BAD_REQUEST", message);
}
