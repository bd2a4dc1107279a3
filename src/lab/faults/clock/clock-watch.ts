/**
 * The clocks by which engines stamp their batches, set wrong and watched. What counts as seen is the `ts` of batches that were
 * really published, against the wall clock at that moment; not the setting.
 */
import type { ActiveFault, FaultWorld } from "../fault.js";
import { named } from "../watching.js";

/** A published batch: its number, its `ts`, and the true time at which it was stamped; seconds since 1970. */
export interface StampedBatch {
  readonly seq: number;
  readonly ts: number;
  readonly wall: number;
}

/** Body of `POST /lab/clock`. */
export interface ClockSetting {
  readonly offset_ms?: number;
  readonly drift_ppm?: number;
  readonly freeze?: true;
}

/** What one engine published: the last batch before the fault, the first and the latest seen since. */
export interface Stamps {
  readonly before: StampedBatch | null;
  readonly first: StampedBatch;
  readonly latest: StampedBatch;
}

export interface ClockFaultShape {
  /** For the i-th engine of the target. */
  setting(index: number): ClockSetting;
  /** What of the stamps shows the fault; null = nothing yet. */
  shows(stamps: Stamps, index: number): string | null;
}

interface ClockReport {
  readonly clock: { readonly event_seconds: number; readonly wall_seconds: number };
  readonly ranks: readonly { readonly last_batch: StampedBatch | null }[];
}

/** Stamping and looking at the true time are not one instant. */
const RIGHT_WITHIN_S = 0.05;

export function skewS({ ts, wall }: StampedBatch): number {
  return ts - wall;
}

/** `+600 s`, `-0.25 s` */
export function signed(seconds: number): string {
  const text = Math.abs(seconds) >= 10 ? seconds.toFixed(0) : seconds.toFixed(3);
  return `${seconds > 0 ? "+" : ""}${text} s`;
}

export async function setClocks(world: FaultWorld, shape: ClockFaultShape): Promise<ActiveFault> {
  const clocks = new WrongClocks(world, shape);
  await clocks.begin();
  return clocks;
}

class WrongClocks implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #shape: ClockFaultShape;
  readonly #before = new Map<string, StampedBatch | null>();
  /** Number of the last batch that may still have been stamped by the right clock. */
  readonly #brokenAfter = new Map<string, number>();
  readonly #first = new Map<string, StampedBatch>();
  /** Number of the last batch stamped by the wrong clock, at most. */
  readonly #healedAfter = new Map<string, number>();
  readonly #names: readonly string[];

  constructor(world: FaultWorld, shape: ClockFaultShape) {
    this.#world = world;
    this.#shape = shape;
    this.#names = world.engines.map(({ spec }) => spec.engine);
  }

  async begin(): Promise<void> {
    for (const name of this.#names) this.#before.set(name, lastOf(await this.#report(name)));
    await Promise.all(this.#names.map((name, i) => this.#world.lab.control(name, "clock", this.#shape.setting(i))));
    for (const name of this.#names) this.#brokenAfter.set(name, lastOf(await this.#report(name))?.seq ?? -1);
  }

  async effect(): Promise<string | null> {
    const shown = await Promise.all(this.#names.map((name, i) => this.#shown(name, i)));
    const seen = shown.filter((text) => text !== null);
    return seen.length < shown.length ? null : `stamps of published batches: ${named(seen)}`;
  }

  async recover(): Promise<void> {
    for (const name of this.#names) {
      await this.#world.lab.control(name, "clock", {});
      if (!this.#healedAfter.has(name)) this.#healedAfter.set(name, lastOf(await this.#report(name))?.seq ?? -1);
    }
  }

  async recovered(): Promise<string | null> {
    for (const name of this.#names) {
      const report = await this.#report(name);
      const latest = lastOf(report);
      const { event_seconds: ts, wall_seconds: wall } = report.clock;
      // An engine that publishes nothing any more is right when its clock is.
      const published = latest !== null && latest.seq > (this.#healedAfter.get(name) ?? -1);
      if (Math.abs(published ? skewS(latest) : ts - wall) > RIGHT_WITHIN_S) return null;
    }
    return `${named(this.#names)}: stamps are right again, within ${RIGHT_WITHIN_S * 1000} ms`;
  }

  async #shown(name: string, index: number): Promise<string | null> {
    const latest = lastOf(await this.#report(name));
    const before = this.#before.get(name) ?? null;
    if (latest === null || latest.seq <= (this.#brokenAfter.get(name) ?? -1)) return null;
    const first = this.#first.get(name) ?? latest;
    this.#first.set(name, first);
    const shown = this.#shape.shows({ before, first, latest }, index);
    return shown === null ? null : `${name} ${shown}`;
  }

  async #report(engine: string): Promise<ClockReport> {
    return (await this.#world.lab.control(engine, "")) as ClockReport;
  }
}

function lastOf({ ranks }: ClockReport): StampedBatch | null {
  return ranks[0]?.last_batch ?? null;
}
