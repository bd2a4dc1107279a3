/** The objects of Chaos Mesh 2.8.3 (chaos-mesh.org/v1alpha1) that we write: only the fields that we use. */

export const CHAOS_API_VERSION = "chaos-mesh.org/v1alpha1";
export const CHAOS_GROUP = "chaos-mesh.org";
export const CHAOS_VERSION = "v1alpha1";

export const CHAOS_KINDS = ["NetworkChaos", "PodChaos", "StressChaos", "IOChaos", "TimeChaos"] as const;
export type ChaosKind = (typeof CHAOS_KINDS)[number];

/** As in the resource's path; Chaos Mesh's plurals are its kinds in lower case. */
export function pluralOf(kind: string): string {
  return kind === "Workflow" || kind === "Schedule" ? `${kind.toLowerCase()}s` : kind.toLowerCase();
}

/** Which pods. `pods` (by name) wins over everything else in it; without it, labels decide. */
export interface PodSelector {
  readonly namespaces: readonly string[];
  readonly pods?: Readonly<Record<string, readonly string[]>>;
  readonly expressionSelectors?: readonly {
    readonly key: string;
    readonly operator: "In";
    readonly values: readonly string[];
  }[];
}

/** How many of the selected pods, chosen at random by the controller. */
export type ChaosMode =
  | { readonly mode: "all" | "one" }
  /** `value`: a number as a string. */
  | { readonly mode: "fixed"; readonly value: string };

export interface ChaosSpec {
  readonly mode: ChaosMode["mode"];
  readonly value?: string;
  readonly selector: PodSelector;
  /** A Go duration. Counts from the object's creation, not from the injection. */
  readonly duration?: string;
  readonly containerNames?: readonly string[];
  readonly [field: string]: unknown;
}

/** What is to be created for one fault, before it has a name. */
export interface Experiment {
  readonly kind: ChaosKind;
  /** Without duration: whoever makes an object of it says how long it may last. */
  readonly spec: ChaosSpec;
  /**
   * Happens once and is not taken back: the controller ignores the duration, and says "recovered" only when the object is
   * deleted (pod-kill, container-kill).
   */
  readonly oneShot: boolean;
}

export interface ChaosManifest {
  readonly apiVersion: typeof CHAOS_API_VERSION;
  readonly kind: ChaosKind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: ChaosSpec;
}

export interface Naming {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * @param lastsS the controller itself takes the fault back so long after the creation, should nobody else be left to do it;
 *   null = until the object is deleted. One-shot experiments take none.
 */
export function manifestOf({ kind, spec, oneShot }: Experiment, naming: Naming, lastsS: number | null): ChaosManifest {
  const { name, namespace, labels } = naming;
  const duration = oneShot || lastsS === null ? {} : { duration: `${lastsS}s` };
  return {
    apiVersion: CHAOS_API_VERSION,
    kind,
    metadata: { name, namespace, labels },
    spec: { ...spec, ...duration },
  };
}
