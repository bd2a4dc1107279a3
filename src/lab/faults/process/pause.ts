/** process.pause: processes stop (SIGSTOP) and later go on. Seen by their state and by answers that do not come. */
import { z } from "zod";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { answersInTime, named, namesOf, STALL_MS } from "../watching.js";

const parameters = z.strictObject({});

export const pause: Fault<z.infer<typeof parameters>> = {
  kind: "process.pause",
  does: "Stops processes where they are (SIGSTOP); sockets stay open, nothing answers. Later they go on (SIGCONT)",
  targets: ["engines", "gateway"],
  needs: ["engine.freeze", "gateway.freeze"],
  parameters,
  async inject(world) {
    const paused = new Paused(world);
    await paused.freeze();
    return paused;
  },
};

class Paused implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #names: readonly string[];
  #thawed = false;

  constructor(world: FaultWorld) {
    this.#world = world;
    this.#names = world.engines.length > 0 ? namesOf(world.engines) : ["gateway"];
  }

  /** All, or none. */
  async freeze(): Promise<void> {
    const { lab, engines } = this.#world;
    try {
      if (engines.length === 0) await lab.freezeGateway();
      else await Promise.all(engines.map(({ spec }) => lab.freezeEngine(spec.engine)));
    } catch (thrown) {
      await this.recover();
      throw thrown;
    }
  }

  async effect(): Promise<string | null> {
    const answering = await this.#answering();
    if (answering.length > 0) return null;
    return `${named(this.#names)}: stopped (SIGSTOP), no answer to /health within ${STALL_MS} ms`;
  }

  async recover(): Promise<void> {
    if (this.#thawed) return;
    const { lab, engines } = this.#world;
    if (engines.length === 0) await lab.thawGateway();
    else {
      // One that was ended meanwhile needs no thawing.
      const running = new Set(namesOf(lab.engines()));
      const frozen = namesOf(engines).filter((name) => running.has(name));
      await Promise.all(frozen.map((name) => lab.thawEngine(name)));
    }
    this.#thawed = true;
  }

  async recovered(): Promise<string | null> {
    const answering = await this.#answering();
    if (answering.length < this.#names.length) return null;
    return `${named(this.#names)}: run and answer again`;
  }

  async #answering(): Promise<string[]> {
    const { engines, orchestrator } = this.#world;
    if (engines.length === 0) return (await orchestrator.gatewayAnswers(STALL_MS)) ? ["gateway"] : [];
    const answers = await Promise.all(
      engines.map(async ({ spec, direct }) => ((await answersInTime(direct.http)) ? [spec.engine] : [])),
    );
    return answers.flat();
  }
}
