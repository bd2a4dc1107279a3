/**
 * What Chaos Mesh says of an experiment, read with its traps in mind (controllers/common of 2.8.3): conditions come in random
 * order; "AllRecovered" is also true when nothing was ever injected; records are fixed when pods are selected.
 */

export interface ChaosRecord {
  /** `namespace/pod` or `namespace/pod/container`. */
  readonly id: string;
  /** "Not Injected", "Injected", or either with what is under way: "Injected/*". */
  readonly phase: string;
  readonly injectedCount?: number;
  readonly recoveredCount?: number;
  readonly events?: readonly { readonly type: string; readonly operation: string; readonly message?: string }[];
}

export interface ChaosObject {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly experiment?: { readonly desiredPhase?: string; readonly containerRecords?: readonly ChaosRecord[] };
  };
}

export type ChaosCondition = "Selected" | "AllInjected" | "AllRecovered" | "Paused";

const MAX_TOLD = 4;

export function isTrue({ status }: ChaosObject, type: ChaosCondition): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}

export function recordsOf({ status }: ChaosObject): readonly ChaosRecord[] {
  return status?.experiment?.containerRecords ?? [];
}

/** Every selected pod or container is under the fault, says the controller. Necessary, not sufficient: a probe has to agree. */
export function allInjected(object: ChaosObject): boolean {
  const records = recordsOf(object);
  return (
    isTrue(object, "AllInjected") && records.length > 0 && records.every(({ injectedCount = 0 }) => injectedCount > 0)
  );
}

/** Everything that was injected has been taken back; true also when nothing was injected at all ({@link everInjected}). */
export function allRecovered(object: ChaosObject): boolean {
  const back = recordsOf(object).every(
    ({ phase, injectedCount = 0, recoveredCount = 0 }) => phase === "Not Injected" && recoveredCount >= injectedCount,
  );
  return isTrue(object, "AllRecovered") && back;
}

export function everInjected(object: ChaosObject): boolean {
  return recordsOf(object).some(({ injectedCount = 0 }) => injectedCount > 0);
}

/** Names of the pods that were selected, each once. */
export function podsOf(object: ChaosObject): string[] {
  return [...new Set(recordsOf(object).map(({ id }) => id.split("/")[1] ?? id))];
}

/** `Selected=True AllInjected=False; 1 of 2 injected; ns/pod: Injected/*, Recover failed: no such container` */
export function describeChaos(object: ChaosObject | null | undefined): string {
  if (object === undefined) return "created, nothing heard of it yet";
  if (object === null) return "the object is gone";
  const conditions = [...(object.status?.conditions ?? [])].sort((a, b) => a.type.localeCompare(b.type, "en"));
  const records = recordsOf(object);
  const injected = records.filter(({ injectedCount = 0 }) => injectedCount > 0).length;
  const parts = [
    conditions.map(({ type, status }) => `${type}=${status}`).join(" ") || "no conditions",
    `${injected} of ${records.length} injected`,
    ...records.flatMap(troubleOf).slice(0, MAX_TOLD),
  ];
  return parts.join("; ");
}

function troubleOf({ id, phase, events = [] }: ChaosRecord): string[] {
  const last = events.at(-1);
  if (last?.type !== "Failed") return [];
  return [`${id}: ${phase}, ${last.operation} failed: ${last.message ?? "no reason given"}`];
}
