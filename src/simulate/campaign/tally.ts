/** What many seeds say together: fail > unknown > pass. */
import { BASE_REQUIREMENTS, PROPERTIES } from "../../judge/properties/catalogue.js";
import { SIM_FAULT_KINDS, type SimFaultKind } from "../plan/fault-kinds.js";
import type { SeedResult } from "./run-seed.js";
import type { SeedRange } from "./seed-pool.js";

/** So many seeds must exercise every property; fewer must exercise the base set. */
const SEEDS_FOR_ALL = 100;

export interface SimSummary {
  readonly schemaVersion: 1;
  readonly verdict: "pass" | "fail" | "unknown";
  readonly headline: string;
  readonly seeds: number;
  /** The planned ones; fewer ran if the run was interrupted. */
  readonly ranges: readonly SeedRange[];
  readonly elapsedMs: number;
  readonly seedsPerMinute: number;
  readonly records: number;
  readonly batches: number;
  /** Summed per property. */
  readonly opportunities: Readonly<Record<string, number>>;
  /** Faults that had an effect, per kind. */
  readonly faults: Readonly<Record<SimFaultKind, number>>;
  /** Seeds that violated something, and seeds that proved nothing. */
  readonly failing: readonly SeedResult[];
  readonly doubtful: readonly SeedResult[];
  /** Required and never exercised. */
  readonly idle: readonly string[];
  /** It ended before all seeds had run. */
  readonly interrupted: boolean;
  /** The histories' digests, combined by exclusive or, so that their order does not matter; null unless asked for. */
  readonly digest: string | null;
}

/** Failing seeds that are kept with their findings; all are counted. */
const MAX_KEPT = 100;

export class Tally {
  readonly #opportunities: Record<string, number> = {};
  readonly #faults = Object.fromEntries(SIM_FAULT_KINDS.map((kind) => [kind, 0])) as Record<SimFaultKind, number>;
  readonly #failing: SeedResult[] = [];
  readonly #doubtful: SeedResult[] = [];
  #seeds = 0;
  #records = 0;
  #batches = 0;
  #digest: Buffer | null = null;
  failed = 0;

  add(result: SeedResult): void {
    this.#seeds++;
    this.#records += result.records;
    this.#batches += result.batches;
    for (const [id, count] of Object.entries(result.opportunities)) {
      this.#opportunities[id] = (this.#opportunities[id] ?? 0) + count;
    }
    for (const [kind, count] of Object.entries(result.faults)) this.#faults[kind as SimFaultKind] += count;
    if (result.digest !== null) this.#combine(Buffer.from(result.digest, "hex"));
    if (result.violations.length > 0) {
      this.failed++;
      if (this.#failing.length < MAX_KEPT) this.#failing.push(result);
    } else if (result.doubts.length > 0 && this.#doubtful.length < MAX_KEPT) this.#doubtful.push(result);
  }

  get seeds(): number {
    return this.#seeds;
  }

  summary(ranges: readonly SeedRange[], elapsedMs: number): SimSummary {
    const idle = this.#idle();
    const planned = ranges.reduce((sum, { count }) => sum + count, 0);
    const interrupted = this.#seeds < planned;
    const [verdict, why] = this.#verdict(idle, interrupted ? planned : null);
    return {
      schemaVersion: 1,
      verdict,
      headline: `${verdict}: ${why}`,
      seeds: this.#seeds,
      ranges,
      elapsedMs: Math.round(elapsedMs),
      seedsPerMinute: elapsedMs > 0 ? Math.round(this.#seeds / (elapsedMs / 60_000)) : 0,
      records: this.#records,
      batches: this.#batches,
      opportunities: this.#opportunities,
      faults: this.#faults,
      failing: this.#failing.toSorted(bySeed),
      doubtful: this.#doubtful.toSorted(bySeed),
      idle,
      interrupted,
      digest: this.#digest?.toString("hex") ?? null,
    };
  }

  #combine(digest: Buffer): void {
    const sum = (this.#digest ??= Buffer.alloc(digest.length));
    for (const [i, byte] of digest.entries()) sum[i] = (sum[i] ?? 0) ^ byte;
  }

  #idle(): string[] {
    const required = this.#seeds >= SEEDS_FOR_ALL ? PROPERTIES.map(({ id }) => id) : BASE_REQUIREMENTS;
    return required.filter((id) => (this.#opportunities[id] ?? 0) === 0);
  }

  /** `planned` = of so many seeds the run was interrupted; null = it was not. */
  #verdict(idle: readonly string[], planned: number | null): [SimSummary["verdict"], string] {
    const first = this.#failing.toSorted(bySeed)[0];
    if (first !== undefined) {
      const properties = first.violations.map(({ property }) => property).join(", ");
      return [
        "fail",
        `${this.failed} of ${this.#seeds} seeds violate a property, first seed ${first.seed}: ${properties}`,
      ];
    }
    if (planned !== null)
      return ["unknown", `interrupted after ${this.#seeds} of ${planned} seeds, no violation in them`];
    const doubtful = this.#doubtful.toSorted(bySeed)[0];
    if (doubtful !== undefined) {
      return ["unknown", `seed ${doubtful.seed} proves nothing: ${doubtful.doubts[0]?.summary.split("\n")[0] ?? ""}`];
    }
    if (idle.length > 0) return ["unknown", `never exercised: ${idle.join(", ")}`];
    return ["pass", `${this.#seeds} seeds, no violation`];
  }
}

function bySeed(a: SeedResult, b: SeedResult): number {
  return a.seed - b.seed;
}
