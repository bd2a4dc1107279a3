/** What the injector needs of the API server: the chaos objects of one namespace. All calls are bounded by the client behind it. */
import type { ChaosObject } from "./chaos-object.js";
import type { ChaosKind, ChaosManifest } from "./manifest.js";

export interface ChaosApi {
  /** Rejects with the API server's (or a webhook's) own words when it is not taken; nothing was created then. */
  create(manifest: ChaosManifest): Promise<void>;
  /** Sets annotations; an object that is gone is no error. */
  annotate(kind: ChaosKind, name: string, annotations: Readonly<Record<string, string>>): Promise<void>;
  /** Asks for the deletion; an object that is gone is no error. Finalizers may keep it for a while. */
  remove(kind: ChaosKind, name: string): Promise<void>;
  /** Tells of the present state at once and of each later one, null when there is no such object (any more), until `end`. */
  watch(kind: ChaosKind, name: string, onState: (object: ChaosObject | null) => void): { end(): void };
  /** The object's Kubernetes events, oldest first, as "Reason: message". */
  events(kind: ChaosKind, name: string): Promise<readonly string[]>;
}
