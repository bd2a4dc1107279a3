/** A world for tests of single faults: engines that do as the test says, and an orchestrator that writes down what it was told. */
import { ManualClock } from "../../../base/clock.js";
import { Rng } from "../../../base/rng.js";
import type { EngineHandle, Lab } from "../../ports.js";
import type { FaultWorld, Orchestrator } from "../fault.js";

export type Control = (engine: string, path: string, body?: unknown) => unknown;

export class FakeWorld implements FaultWorld {
  readonly told: string[] = [];
  readonly marks: string[] = [];
  readonly clock = new ManualClock();
  readonly rng = new Rng(1);
  readonly stop = new AbortController();
  readonly signal = this.stop.signal;
  readonly lab: Lab;
  readonly engines: readonly EngineHandle[];
  readonly target: string;
  readonly orchestrator: Orchestrator;
  /** What the next start of anything fails with. */
  startFails: Error | null = null;

  constructor(names: readonly string[], control: Control = () => ({ ranks: [] }), lab: Partial<Lab> = {}) {
    this.target = names.length > 0 ? "engines/*" : "gateway";
    this.engines = names.map(
      (engine) =>
        ({
          spec: { engine, ranks: 1 },
          endpoints: { lab: null },
          direct: { http: "" },
        }) as unknown as EngineHandle,
    );
    this.lab = {
      engines: () => this.engines,
      control: async (engine: string, path: string, body?: unknown) => control(engine, path, body),
      ...lab,
    } as unknown as Lab;
    const tell =
      (what: string) =>
      async (name = "gateway") => {
        this.clock.advanceMs(10);
        if (what === "start" && this.startFails !== null) throw this.startFails;
        this.told.push(`${what} ${name}`);
        return `${name}'`;
      };
    this.orchestrator = {
      stopEngine: tell("stop"),
      startEngine: tell("start"),
      replaceEngine: tell("replace"),
      stopGateway: () => tell("stop")(),
      startGateway: () => tell("start")(),
      gatewayAnswers: async () => true,
    } as unknown as Orchestrator;
  }

  mark(name: string, detail: string): void {
    this.marks.push(`${name} ${detail}`);
  }
}
