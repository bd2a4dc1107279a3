/**
 * The chaos objects of an API server with Chaos Mesh's controller behind it, as 2.8.3 behaves, its traps included. Time passes in turns
 * of the event loop.
 */
import { UnavailableError } from "../../../../base/errors.js";
import type { ChaosApi } from "../chaos-api.js";
import type { ChaosObject, ChaosRecord } from "../chaos-object.js";
import { FORCE, PAUSE } from "../experiment-life.js";
import type { ChaosKind, ChaosManifest } from "../manifest.js";

export interface StubBehaviour {
  /** No controller: objects are stored and nothing ever happens to them. */
  readonly absent?: boolean;
  /** A webhook says no. */
  readonly denies?: string;
  /** No pod matches at creation: an event, and then nothing, for good. */
  readonly findsNoPods?: boolean;
  /** Apply fails on these pods, again and again. "AllRecovered" is True all the same. */
  readonly applyFails?: readonly string[];
  /** Recover fails, as it does when the pods crash-loop. */
  readonly recoverFails?: boolean;
  /** The finalizer stays until it is removed by force. */
  readonly neverLetsGo?: boolean;
  /** Not even by force. */
  readonly deaf?: boolean;
}

interface Stored {
  readonly manifest: ChaosManifest;
  readonly annotations: Record<string, string>;
  readonly watchers: Set<(object: ChaosObject | null) => void>;
  records: ChaosRecord[] | null;
  deleted: boolean;
}

const ONE_SHOT = new Set(["pod-kill", "container-kill"]);

export class StubController implements ChaosApi {
  readonly created: ChaosManifest[] = [];
  readonly asked: string[] = [];
  readonly #objects = new Map<string, Stored>();
  readonly #behaviour: StubBehaviour;
  readonly #messages: string[] = [];
  /** Conditions come in another order each time. */
  #turn = 0;

  constructor(behaviour: StubBehaviour = {}) {
    this.#behaviour = behaviour;
  }

  /** Names of what is left in the cluster. */
  get left(): string[] {
    return [...this.#objects.keys()];
  }

  async create(manifest: ChaosManifest): Promise<void> {
    const { denies } = this.#behaviour;
    if (denies !== undefined)
      throw new UnavailableError("KVP_E_CHAOS_MESH", `admission webhook denied the request: ${denies}`);
    this.created.push(manifest);
    this.#objects.set(manifest.metadata.name, {
      manifest,
      annotations: {},
      watchers: new Set(),
      records: null,
      deleted: false,
    });
    this.#soon(manifest.metadata.name);
  }

  async annotate(_kind: ChaosKind, name: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    this.asked.push(`annotate ${Object.keys(annotations).join()}`);
    const stored = this.#objects.get(name);
    if (stored === undefined) return;
    Object.assign(stored.annotations, annotations);
    this.#soon(name);
  }

  async remove(_kind: ChaosKind, name: string): Promise<void> {
    this.asked.push("delete");
    const stored = this.#objects.get(name);
    if (stored === undefined) return;
    stored.deleted = true;
    this.#soon(name);
  }

  watch(_kind: ChaosKind, name: string, onState: (object: ChaosObject | null) => void): { end(): void } {
    const stored = this.#objects.get(name);
    stored?.watchers.add(onState);
    onState(stored === undefined ? null : this.#shown(stored));
    return { end: () => void stored?.watchers.delete(onState) };
  }

  async events(): Promise<readonly string[]> {
    return this.#messages;
  }

  #soon(name: string): void {
    setImmediate(() => this.#reconcile(name));
  }

  #reconcile(name: string): void {
    const stored = this.#objects.get(name);
    if (stored === undefined) return;
    const { absent, findsNoPods } = this.#behaviour;
    if (absent) {
      // Without a controller nobody ever set a finalizer.
      if (stored.deleted) this.#drop(name, stored);
      return;
    }
    if (stored.records === null && findsNoPods) {
      if (this.#messages.length === 0) this.#messages.push("Failed: no pod is selected");
      if (stored.deleted) this.#drop(name, stored);
      else this.#tell(stored);
      return;
    }
    const oneShot = ONE_SHOT.has(String(stored.manifest.spec.action));
    const stop = stored.deleted || (!oneShot && PAUSE_KEY in stored.annotations);
    stored.records = (stored.records ?? this.#select(stored.manifest)).map((record) =>
      stop ? this.#recover(record, oneShot) : this.#apply(record),
    );
    this.#tell(stored);
    const forced = FORCE_KEY in stored.annotations && this.#behaviour.deaf !== true;
    const clean = stored.records.every(({ phase }) => phase === "Not Injected") && this.#behaviour.neverLetsGo !== true;
    if (stored.deleted && (clean || forced)) this.#drop(name, stored);
  }

  #select({ spec, metadata: { namespace } }: ChaosManifest): ChaosRecord[] {
    const pods = spec.selector.pods?.[namespace] ?? spec.selector.expressionSelectors?.[0]?.values ?? [];
    const chosen = spec.mode === "one" ? pods.slice(0, 1) : pods;
    return chosen.map((pod) => ({
      id: `${namespace}/${pod}`,
      phase: "Not Injected",
      injectedCount: 0,
      recoveredCount: 0,
    }));
  }

  #apply(record: ChaosRecord): ChaosRecord {
    if (record.phase === "Injected") return record;
    const [, pod = ""] = record.id.split("/");
    if (this.#behaviour.applyFails?.includes(pod))
      return { ...record, events: [{ type: "Failed", operation: "Apply", message: "unable to flush ip sets" }] };
    return { ...record, phase: "Injected", injectedCount: (record.injectedCount ?? 0) + 1 };
  }

  #recover(record: ChaosRecord, oneShot: boolean): ChaosRecord {
    if (record.phase === "Not Injected") return record;
    if (this.#behaviour.recoverFails)
      return {
        ...record,
        phase: "Injected/*",
        events: [{ type: "Failed", operation: "Recover", message: "container not found" }],
      };
    return { ...record, phase: "Not Injected", recoveredCount: (record.recoveredCount ?? 0) + (oneShot ? 0 : 1) };
  }

  #drop(name: string, stored: Stored): void {
    this.#objects.delete(name);
    for (const watcher of stored.watchers) watcher(null);
  }

  #tell(stored: Stored): void {
    for (const watcher of stored.watchers) watcher(this.#shown(stored));
  }

  #shown({ manifest, annotations, records, deleted }: Stored): ChaosObject {
    const { name } = manifest.metadata;
    if (this.#behaviour.absent) return { metadata: { name, annotations } };
    const all = (phase: string): string => String(records?.every((record) => record.phase === phase) ?? false);
    const conditions = [
      { type: "Selected", status: records === null ? "False" : "True" },
      { type: "AllInjected", status: title(all("Injected")) },
      { type: "AllRecovered", status: title(all("Not Injected")) },
      { type: "Paused", status: PAUSE_KEY in annotations ? "True" : "False" },
    ];
    this.#turn += 1;
    const shuffled = conditions.map((_, i) => conditions[(i + this.#turn) % conditions.length] ?? conditions[i]);
    return {
      metadata: { name, annotations, ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
      status: {
        conditions: shuffled.flatMap((condition) => condition ?? []),
        experiment: {
          desiredPhase: deleted ? "Stop" : "Run",
          ...(records === null ? {} : { containerRecords: records }),
        },
      },
    };
  }
}

const [PAUSE_KEY] = Object.keys(PAUSE) as [string];
const [FORCE_KEY] = Object.keys(FORCE) as [string];

function title(text: string): string {
  return text === "true" ? "True" : "False";
}
