/** process.crash-loop: processes crash soon after every start, with a back-off between starts that doubles, as a kubelet does it. */
import { z } from "zod";
import { delay } from "../../../base/async.js";
import { duration } from "../../../base/duration.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { BackgroundWork, named } from "../watching.js";
import { type Victim, victimsOf } from "./victims.js";

const parameters = z.strictObject({
  uptime: duration.prefault("200ms").meta({ description: "How long each life lasts once it is ready" }),
  backoff: duration
    .prefault("100ms")
    .meta({ description: "Pause before the second start; doubles with every further one" }),
});
type Parameters = z.infer<typeof parameters>;

/** Fewer are a crash, not a loop. */
const CRASHES_TO_SHOW = 2;
const MAX_BACKOFF_MS = 2_000;

export const crashLoop: Fault<Parameters> = {
  kind: "process.crash-loop",
  does: "Kills processes (SIGKILL) again soon after each start, with growing pauses; at the end they stay up",
  targets: ["engines", "gateway"],
  needs: ["engine.kill", "engine.restart-in-place", "gateway.restart"],
  parameters,
  async inject(world, given) {
    return new CrashLoop(world, given);
  },
};

class CrashLoop implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #victims: readonly Victim[];
  readonly #crashes = new Map<Victim, number>();
  readonly #down = new Set<Victim>();
  readonly #work: BackgroundWork;

  constructor(world: FaultWorld, given: Parameters) {
    this.#world = world;
    this.#victims = victimsOf(world);
    this.#work = new BackgroundWork(world.signal, async (signal) => {
      await Promise.all(this.#victims.map((victim) => this.#loop(victim, given, signal)));
    });
  }

  async effect(): Promise<string | null> {
    this.#work.check();
    const looping = this.#victims.every((victim) => this.#count(victim) >= CRASHES_TO_SHOW);
    return looping ? this.#account() : null;
  }

  async recover(): Promise<void> {
    await this.#work.stop();
    if (this.#world.signal.aborted) return;
    await Promise.all([...this.#down].map((victim) => this.#start(victim)));
  }

  async recovered(): Promise<string | null> {
    if (this.#world.signal.aborted) return `${this.#account()}; the run ends, nothing of it is left`;
    return this.#down.size > 0 ? null : `${this.#account()}; all stay up now`;
  }

  async #loop(victim: Victim, { uptime, backoff }: Parameters, signal: AbortSignal): Promise<void> {
    for (let pause = backoff; !signal.aborted; pause = Math.min(MAX_BACKOFF_MS, pause * 2)) {
      await victim.stop("kill");
      this.#down.add(victim);
      this.#crashes.set(victim, this.#count(victim) + 1);
      this.#world.mark("process.crash-loop", `${victim.name} crashes, ${this.#count(victim)} times so far`);
      await delay(pause, signal);
      if (signal.aborted) return;
      await this.#start(victim);
      await delay(uptime, signal);
    }
  }

  async #start(victim: Victim): Promise<void> {
    await victim.start();
    this.#down.delete(victim);
  }

  #count(victim: Victim): number {
    return this.#crashes.get(victim) ?? 0;
  }

  #account(): string {
    return `crashed: ${named(this.#victims.map((victim) => `${victim.name} ${this.#count(victim)} times`))}`;
  }
}
