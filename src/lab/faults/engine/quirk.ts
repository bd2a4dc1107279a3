/** engine.quirk: an engine gets something wrong on the wire. Its own report of quirks that fired is what the probe sees. */
import { z } from "zod";
import { duration } from "../../../base/duration.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { again, BackgroundWork } from "../watching.js";

/** The engine double's quirks (engine/publisher/quirks). */
export const QUIRKS = [
  "duplicate-store",
  "missing-remove",
  "missing-store",
  "sparse-store",
  "burn-seq",
  "garbled-batch",
  "garbled-event",
  "unknown-event",
  "wrong-parent",
  "clear-on-idle",
] as const;

const parameters = z.strictObject({
  quirk: z.enum(QUIRKS).meta({ description: "What it gets wrong; `GET /lab` of an engine says what each does" }),
  count: z.int().min(1).max(1000).default(1).meta({ description: "Batches per engine and rank" }),
  every: duration.optional().meta({ description: "Again each time this has passed. Default: once" }),
});
type Parameters = z.infer<typeof parameters>;

interface QuirkReport {
  readonly ranks: readonly {
    readonly rank: number;
    readonly quirks: Readonly<Record<string, { readonly waiting: number; readonly applied: number }>>;
  }[];
}

export const quirk: Fault<Parameters> = {
  kind: "engine.quirk",
  does: "Engines misbehave on the wire: batches that are doubled, mutilated, incomplete or missing",
  targets: ["engines"],
  needs: ["engine.control"],
  parameters,
  impossible({ quirk: name }, engines) {
    const silent = engines.find((engine) => !engine.events);
    return silent === undefined ? null : `${silent.engine} publishes nothing, so it cannot ${name}`;
  },
  async inject(world, given) {
    const quirks = new ActiveQuirk(world, given);
    await quirks.arm(given.count);
    return quirks.begin();
  },
};

class ActiveQuirk implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #given: Parameters;
  #work: BackgroundWork | null = null;

  constructor(world: FaultWorld, given: Parameters) {
    this.#world = world;
    this.#given = given;
  }

  begin(): this {
    const { every, count } = this.#given;
    this.#work = new BackgroundWork(this.#world.signal, (signal) => again(every, signal, () => this.arm(count)));
    return this;
  }

  /** The next `count` batches that fit; 0 takes back what still waits. */
  async arm(count: number): Promise<void> {
    const { lab, engines } = this.#world;
    await Promise.all(
      engines.flatMap(({ spec }) =>
        Array.from({ length: spec.ranks }, (_, rank) =>
          lab.control(spec.engine, "quirk", { kind: this.#given.quirk, count, rank }),
        ),
      ),
    );
  }

  async effect(): Promise<string | null> {
    this.#work?.check();
    const { fired } = await this.#look();
    return fired.length === 0 ? null : `${this.#given.quirk} fired: ${fired.join(", ")}`;
  }

  async recover(): Promise<void> {
    await this.#work?.stop();
    await this.arm(0);
  }

  async recovered(): Promise<string | null> {
    const { fired, waiting } = await this.#look();
    if (waiting > 0) return null;
    return `no ${this.#given.quirk} waits any more; fired: ${fired.join(", ") || "never"}`;
  }

  async #look(): Promise<{ fired: string[]; waiting: number }> {
    const { lab, engines } = this.#world;
    const fired: string[] = [];
    let waiting = 0;
    for (const { spec } of engines) {
      const { ranks } = (await lab.control(spec.engine, "")) as QuirkReport;
      for (const { rank, quirks } of ranks) {
        const own = quirks[this.#given.quirk];
        waiting += own?.waiting ?? 0;
        const where = spec.ranks > 1 ? `${spec.engine} rank ${rank}` : spec.engine;
        if (own !== undefined && own.applied > 0) fired.push(`${where} × ${own.applied}`);
      }
    }
    return { fired, waiting };
  }
}
