/**
 * One chaos object from its creation to its being gone, by the rules under which Chaos Mesh can be believed:
 *
 *   create ──▶ Selected ──▶ AllInjected ──▶ … ──▶ pause ──▶ recovered, by counts ──▶ delete ──▶ gone
 *
 * It is paused before it is deleted, because a deleted object takes its record of what was recovered with it. What the controller
 * does not give up in time loses its finalizer by force; that is said, for the pods may still be broken.
 */
import { waitFor } from "../../../base/async.js";
import { asError, UnavailableError } from "../../../base/errors.js";
import { assertOwnNamespace } from "./blast-radius.js";
import type { ChaosApi } from "./chaos-api.js";
import {
  allInjected,
  allRecovered,
  type ChaosObject,
  describeChaos,
  everInjected,
  isTrue,
  podsOf,
  recordsOf,
} from "./chaos-object.js";
import { assertManifest } from "./manifest-schema.js";
import type { ChaosManifest } from "./manifest.js";

export const PAUSE = { "experiment.chaos-mesh.org/pause": "true" } as const;
export const FORCE = { "chaos-mesh.chaos-mesh.org/cleanFinalizer": "forced" } as const;

export interface LifeLimits {
  /** A controller that runs selects within a second; one that found no pods never will. */
  readonly selectedMs: number;
  readonly recoveredMs: number;
  readonly goneMs: number;
  readonly forcedMs: number;
}
/** Together less than what a fault may take to be taken back. */
export const LIFE_LIMITS: LifeLimits = { selectedMs: 10_000, recoveredMs: 30_000, goneMs: 12_000, forcedMs: 8_000 };

export class ExperimentLife {
  readonly #api: ChaosApi;
  readonly #manifest: ChaosManifest;
  readonly #oneShot: boolean;
  readonly #limits: LifeLimits;
  #watch: { end(): void } | null = null;
  /** As last seen while it existed: what was injected and recovered is still asked after it is gone. */
  #seen: ChaosObject | null = null;
  #there = false;
  #outcome: string | null = null;

  constructor(api: ChaosApi, manifest: ChaosManifest, oneShot: boolean, limits: LifeLimits = LIFE_LIMITS) {
    this.#api = api;
    this.#manifest = manifest;
    this.#oneShot = oneShot;
    this.#limits = limits;
  }

  get name(): string {
    return `${this.#manifest.kind} ${this.#manifest.metadata.name}`;
  }

  /** The pods that the controller chose once and for all. A pod that takes the place of one of them is not affected. */
  get pods(): readonly string[] {
    return this.#seen === null ? [] : podsOf(this.#seen);
  }

  /** Resolves once pods are selected; rejects with the object's events otherwise, the object being deleted again. */
  async begin(signal: AbortSignal): Promise<void> {
    const { kind, metadata } = this.#manifest;
    assertManifest(this.#manifest);
    assertOwnNamespace(this.#manifest, metadata.namespace);
    await this.#api.create(this.#manifest);
    this.#there = true;
    this.#watch = this.#api.watch(kind, metadata.name, (state) => this.#follow(state));
    try {
      await this.#until(
        (state) => state !== undefined && state !== null && isTrue(state, "Selected"),
        "to select pods",
        this.#limits.selectedMs,
        signal,
      );
    } catch (thrown) {
      const events = await this.#api.events(kind, metadata.name).catch(() => []);
      await this.#leave();
      if (signal.aborted) throw thrown;
      throw new UnavailableError("KVP_E_CHAOS_MESH", `${asError(thrown).message}${hintOf(this.#seen, events)}`);
    }
  }

  /** What the controller says to have done; null = not (yet) all of it. */
  injected(): string | null {
    const state = this.#seen;
    if (state === null || !allInjected(state)) return null;
    return `${this.name} injected into ${recordsOf(state).length} of ${recordsOf(state).length}`;
  }

  /** The controller tried, and failed, on a pod at least. */
  get failing(): boolean {
    return this.#seen !== null && recordsOf(this.#seen).some(({ events = [] }) => events.at(-1)?.type === "Failed");
  }

  /** Why it does not become effective, as far as the controller knows. */
  get trouble(): string {
    return describeChaos(this.#seen);
  }

  /** Gone when this resolves. Rejects when the controller did not take the fault back, what is left then being named. */
  async end(): Promise<void> {
    if (this.#outcome !== null) return;
    const { kind, metadata } = this.#manifest;
    let problem: string | null = null;
    if (!this.#oneShot && this.#there) {
      await this.#api.annotate(kind, metadata.name, PAUSE);
      problem = await this.#until(
        (state) => state === null || (state !== undefined && allRecovered(state)),
        "to recover its pods",
        this.#limits.recoveredMs,
      ).then(
        () => null,
        (thrown: unknown) => asError(thrown).message,
      );
    }
    const forced = await this.#leave();
    const last = this.#seen;
    if (problem === null && !forced) {
      this.#outcome =
        last !== null && everInjected(last) ? this.#counts(last) : `never injected: ${describeChaos(last)}`;
      return;
    }
    const pods = this.pods.join(", ") || "the selected pods";
    const how = forced ? `its finalizer was removed by force` : `it is gone`;
    throw new UnavailableError(
      "KVP_E_CHAOS_MESH",
      `recovery failed: ${problem ?? `${this.name} was not given up within ${this.#limits.goneMs} ms`}; ${how}, but ${pods} may still be broken: delete them`,
    );
  }

  /** What shows that it is over; null until {@link end} has resolved. */
  get outcome(): string | null {
    return this.#outcome;
  }

  /** Deletes the object and waits until it is gone; true when that took force. */
  async #leave(): Promise<boolean> {
    const { kind, metadata } = this.#manifest;
    const gone = (ms: number): Promise<unknown> => this.#until((state) => state === null, "to be gone", ms);
    try {
      await this.#api.remove(kind, metadata.name);
      const went = await gone(this.#limits.goneMs).then(
        () => true,
        () => false,
      );
      if (went) return false;
      await this.#api.annotate(kind, metadata.name, FORCE);
      await gone(this.#limits.forcedMs);
      return true;
    } finally {
      this.#watch?.end();
    }
  }

  #counts(object: ChaosObject): string {
    const records = recordsOf(object);
    if (this.#oneShot) return `done to ${records.length}, once`;
    const back = records.filter(({ injectedCount = 0, recoveredCount = 0 }) => recoveredCount >= injectedCount).length;
    return `${back} of ${records.length} recovered`;
  }

  #follow(state: ChaosObject | null): void {
    this.#there = state !== null;
    if (state !== null) this.#seen = state;
  }

  /** null = gone; undefined = created, and nothing heard of it yet. */
  get #state(): ChaosObject | null | undefined {
    return this.#there ? (this.#seen ?? undefined) : null;
  }

  #until(
    test: (state: ChaosObject | null | undefined) => boolean,
    what: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<true> {
    return waitFor(
      () => {
        if (test(this.#state)) return true;
        throw new UnavailableError("KVP_E_CHAOS_MESH", describeChaos(this.#state));
      },
      {
        describe: `${this.name} ${what}`,
        timeoutMs,
        code: "KVP_E_CHAOS_MESH",
        ...(signal === undefined ? {} : { signal }),
      },
    );
  }
}

/** The two usual reasons for a Selected that never comes. */
function hintOf(seen: ChaosObject | null, events: readonly string[]): string {
  const told = events.length === 0 ? "no events" : `events: ${events.join("; ")}`;
  if (seen !== null && seen.status?.conditions === undefined && events.length === 0)
    return `; ${told}: does Chaos Mesh's controller run (kubectl -n chaos-mesh get pods)?`;
  return `; ${told}`;
}
