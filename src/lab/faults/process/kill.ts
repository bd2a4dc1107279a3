/** process.kill: processes end, once or again and again, and come back as told. Their being gone is what the probe sees. */
import { z } from "zod";
import { NS_PER_MS } from "../../../base/clock.js";
import { duration } from "../../../base/duration.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { again, BackgroundWork, named } from "../watching.js";
import { awaitBatch } from "./publishing.js";
import { type Victim, victimsOf } from "./victims.js";

const parameters = z.strictObject({
  how: z.enum(["kill", "graceful"]).default("kill").meta({ description: "SIGKILL, or SIGTERM and time to drain" }),
  restart: z.enum(["in-place", "replace", "none"]).default("in-place").meta({
    description: "in-place: same name and address. replace: a new engine. none: down until the fault is over",
  }),
  victims: z.enum(["all", "one"]).default("all").meta({ description: "one: a random one of the target each time" }),
  every: duration.optional().meta({ description: "Again each time this has passed. Default: once" }),
});
type Parameters = z.infer<typeof parameters>;

export const kill: Fault<Parameters> = {
  kind: "process.kill",
  does: "Ends processes, engines in the middle of publishing, and starts them again",
  targets: ["engines", "gateway"],
  needs: ["engine.kill", "engine.restart-in-place", "gateway.restart"],
  parameters,
  impossible({ restart, every }, _engines, target) {
    if (target === "gateway" && restart === "replace") return "the gateway is one; it cannot be replaced by another";
    if (restart === "none" && every !== undefined)
      return "what stays down cannot be killed again: drop every or restart: none";
    if (restart === "replace" && every !== undefined)
      return "a target names engines that are gone once they are replaced";
    return null;
  },
  async inject(world, given) {
    const killing = new Killing(world, given);
    await killing.round();
    return killing.begin();
  },
};

class Killing implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #given: Parameters;
  readonly #victims: readonly Victim[];
  /** What happened so far, oldest first. */
  readonly #deaths: string[] = [];
  readonly #down = new Map<Victim, number>();
  #longestDownMs = 0;
  #begun = false;
  #work: BackgroundWork | null = null;

  constructor(world: FaultWorld, given: Parameters) {
    this.#world = world;
    this.#given = given;
    this.#victims = victimsOf(world);
  }

  begin(): this {
    this.#begun = true;
    this.#work = new BackgroundWork(this.#world.signal, (signal) => this.#live(signal));
    return this;
  }

  /** Ends whose turn it is; gone when this resolves. */
  async round(): Promise<void> {
    const { rng } = this.#world;
    const turn = this.#given.victims === "one" ? [rng.pick(this.#victims)] : this.#victims;
    await Promise.all(turn.map((victim) => this.#end(victim)));
  }

  async effect(): Promise<string | null> {
    this.#work?.check();
    return this.#deaths.length === 0 ? null : this.#account();
  }

  /** A kill is over when what was killed runs again. */
  over(): boolean {
    const { restart, every } = this.#given;
    return restart !== "none" && every === undefined && this.#begun && this.#down.size === 0;
  }

  async recover(): Promise<void> {
    await this.#work?.stop();
    // A run that ends early needs nobody back.
    if (!this.#world.signal.aborted) await this.#startAll();
  }

  async recovered(): Promise<string | null> {
    if (this.#world.signal.aborted) return `${this.#account()}; the run ends, nothing of it is left`;
    if (this.#down.size > 0) return null;
    return `${this.#account()}; all run again, down for ${this.#longestDownMs} ms at most`;
  }

  async #live(signal: AbortSignal): Promise<void> {
    const { restart, every } = this.#given;
    if (restart === "none") return;
    if (restart === "replace") return this.#replaceAll();
    await this.#startAll();
    await again(every, signal, async () => {
      await this.round();
      await this.#startAll();
    });
  }

  async #end(victim: Victim): Promise<void> {
    const { clock, lab } = this.#world;
    const { how } = this.#given;
    const moment = await awaitBatch(lab, victim.name);
    await victim.stop(how);
    this.#down.set(victim, clock.nowNs());
    const told = `${victim.name}${moment === null ? "" : ` in the middle of publishing (${moment})`}`;
    this.#deaths.push(told);
    this.#world.mark("process.kill", `${how === "kill" ? "SIGKILL" : "SIGTERM"}: ${told}`);
  }

  async #startAll(): Promise<void> {
    await Promise.all([...this.#down.keys()].map((victim) => this.#bringBack(victim, () => victim.start())));
  }

  async #replaceAll(): Promise<void> {
    await Promise.all(
      [...this.#down.keys()].map((victim) =>
        this.#bringBack(victim, async () => {
          const name = await victim.replace?.();
          this.#world.mark("process.kill", `${name} took the place of ${victim.name}`);
        }),
      ),
    );
  }

  async #bringBack(victim: Victim, start: () => Promise<void>): Promise<void> {
    const since = this.#down.get(victim) ?? 0;
    await start();
    this.#down.delete(victim);
    const ms = Math.round((this.#world.clock.nowNs() - since) / NS_PER_MS);
    this.#longestDownMs = Math.max(this.#longestDownMs, ms);
  }

  #account(): string {
    return `${this.#deaths.length} ended: ${named(this.#deaths)}`;
  }
}
