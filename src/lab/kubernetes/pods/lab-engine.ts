/** One engine of the Kubernetes lab over all its lives, whatever program it is. */
import type { V1Pod } from "@kubernetes/client-node";
import type { ResourceRecord } from "../../../judge/history/records.js";
import type { EngineHandle, EngineSpec, RestartChanges } from "../../ports.js";

export interface LabEngine {
  readonly spec: EngineSpec;
  readonly ledgerFiles: readonly string[];
  readonly podName: string;
  readonly epoch: number;
  /** Null while it does not serve. */
  readonly handle: EngineHandle | null;
  /** Where it ran last. */
  readonly node: string | undefined;
  readonly clockUncertaintyNs: number;
  start(changes?: RestartChanges): Promise<EngineHandle>;
  /** The process is gone when this resolves; for good, its pod, too. */
  stop(how: "graceful" | "kill", forGood: boolean): Promise<void>;
  /** Through the API server's eviction; absent = this kind of engine cannot be. */
  evict?(): Promise<void>;
  expectDeath(): void;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Its node hangs or is cut off, and it with it; or does not any more. */
  standStill?(still: boolean): void;
  /** Its node crashed, and it with it. */
  diedWithNode?(): void;
  /** Whether a gateway that discovers engines may find it. */
  showAsMember(shown: boolean): Promise<void>;
  remove(): Promise<void>;
  /** What the watch told of its pod. */
  changed(pod: V1Pod | undefined): void;
  look(): Promise<void>;
  usage(): ResourceRecord | null;
  close(): Promise<void>;
  /** `POST /lab/<path>` where that is not done by a lab port; null = by its lab port. */
  control?(path: string, body: unknown): Promise<unknown>;
  /** See {@link Lab.prepareAdapter}. */
  prepareAdapter?(adapter: { readonly name: string; readonly path: string }): string;
  /** See {@link Lab.settleTruth}. */
  settle?(): Promise<void>;
}
