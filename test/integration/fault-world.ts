/** A fault against a lab, without the campaign: its orchestrator does what it is told, and keeps what it was told. */
import { onTestFinished } from "vitest";
import { sharedAbort, waitFor } from "../../src/base/async.js";
import { systemClock } from "../../src/base/clock.js";
import { Rng } from "../../src/base/rng.js";
import type { ActiveFault, Fault, FaultWorld, Orchestrator } from "../../src/lab/faults/fault.js";
import type { Lab } from "../../src/lab/ports.js";

const PATIENCE_MS = 15_000;

export interface Broken {
  readonly world: FaultWorld;
  readonly fault: ActiveFault;
  /** First evidence that it bites. */
  effect(): Promise<string>;
  /** Takes it back; resolves with the evidence that it is gone. */
  heal(): Promise<string>;
}

/** Injects with the parameters as a scenario gives them. Taken back with the test. */
export async function breakIt(lab: Lab, fault: Fault, target: string, given: object = {}): Promise<Broken> {
  const world: FaultWorld = {
    lab,
    engines: target.startsWith("engines/") ? lab.engines() : [],
    target,
    clock: systemClock,
    rng: new Rng(1),
    signal: sharedAbort().signal,
    orchestrator: orchestratorOf(lab),
    mark: () => undefined,
  };
  const active = await fault.inject(world, fault.parameters.parse(given));
  onTestFinished(() => active.recover());
  return {
    world,
    fault: active,
    effect: () => waitFor(() => active.effect(), { describe: `${fault.kind} to bite`, timeoutMs: PATIENCE_MS }),
    heal: async () => {
      await active.recover();
      return waitFor(() => active.recovered(), { describe: `${fault.kind} to be gone`, timeoutMs: PATIENCE_MS });
    },
  };
}

function orchestratorOf(lab: Lab): Orchestrator {
  const never = (): Promise<never> => Promise.reject(new Error("not part of this test"));
  return {
    stopEngine: (engine, how) => lab.stopEngine(engine, how),
    startEngine: async (engine) => void (await lab.restartEngine(engine, "kill")),
    restartEngine: async (engine, how) => void (await lab.restartEngine(engine, how)),
    replaceEngine: never,
    stopGateway: never,
    startGateway: never,
    restartGateway: never,
    gatewayAnswers: () => Promise.resolve(true),
    expectDeath: (engine) => lab.expectDeath(engine),
  };
}
