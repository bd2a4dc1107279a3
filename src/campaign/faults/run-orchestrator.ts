/** What an orchestrator does around faults that end processes: it notices, restarts and registers. */
import type { Orchestrator } from "../../lab/faults/fault.js";
import { learnPublished } from "../steps/engine-steps.js";
import { ProbeKit } from "../probes/probe-kit.js";
import type { RunContext } from "../run/run-context.js";

export class RunOrchestrator implements Orchestrator {
  readonly #context: RunContext;
  readonly #kit: ProbeKit;

  constructor(context: RunContext) {
    this.#context = context;
    this.#kit = new ProbeKit(context, context.rng.fork("orchestrator"));
  }

  stopEngine(engine: string, how: "graceful" | "kill"): Promise<void> {
    return this.#context.fleet.stop(engine, how);
  }

  async startEngine(engine: string): Promise<void> {
    await learnPublished(this.#kit, await this.#context.fleet.restart(engine, "kill"));
  }

  async restartEngine(engine: string, how: "graceful" | "kill"): Promise<void> {
    await this.stopEngine(engine, how);
    await this.startEngine(engine);
  }

  async replaceEngine(engine: string): Promise<string> {
    const { fleet } = this.#context;
    const spec = fleet.specOf(engine);
    await fleet.leave(engine);
    const successor = { ...spec, engine: fleet.nextName(spec.model), seed: spec.seed + 1 };
    const handle = await fleet.start(successor);
    await fleet.join(handle);
    await learnPublished(this.#kit, handle);
    return successor.engine;
  }

  stopGateway(how: "graceful" | "kill"): Promise<void> {
    return this.#context.gateway.stop(how);
  }

  startGateway(): Promise<void> {
    return this.#context.gateway.start();
  }

  async restartGateway(how: "graceful" | "kill"): Promise<void> {
    await this.stopGateway(how);
    await this.startGateway();
  }

  gatewayAnswers(withinMs?: number): Promise<boolean> {
    return this.#context.gateway.answers(withinMs);
  }

  expectDeath(engine: string): void {
    this.#context.lab.expectDeath(engine);
  }
}
