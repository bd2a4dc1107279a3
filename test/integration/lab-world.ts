/** A local lab for tests, with what it observed; closed with the test. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import type { KvproofError } from "../../src/base/errors.js";
import type { EngineRecord, HistoryRecord } from "../../src/judge/history/records.js";
import { LocalLabFactory } from "../../src/lab/local/local-lab-factory.js";
import type { Machine } from "../../src/lab/local/host/machine.js";
import { registryFolder } from "../../src/lab/local/run-registry.js";
import type { Lab, LabFactory, LabOptions } from "../../src/lab/ports.js";
import { anEngine } from "./an-engine.js";

export { anEngine };

export class LabWorld {
  readonly records: HistoryRecord[] = [];
  readonly lost: { engine: string; detail: string }[] = [];
  readonly ended: string[] = [];
  gatewayFailure: KvproofError | null = null;
  readonly dir = mkdtempSync(join(tmpdir(), "kvproof-lab-"));

  /** `bindable`: says which loopback addresses the system has; by default it is asked. */
  static async open(
    bindable?: () => Promise<boolean>,
    {
      machine,
      factory,
      ...options
    }: Partial<LabOptions> & {
      readonly machine?: Machine;
      readonly factory?: LabFactory;
    } = {},
  ): Promise<{ lab: Lab; world: LabWorld }> {
    const world = new LabWorld();
    const lab = await (factory ?? new LocalLabFactory(["vllm-0.30"], systemClock, bindable, machine)).open({
      ...options,
      runId: `test-${process.pid}-${Math.random().toString(36).slice(2)}`,
      dir: world.dir,
      observer: {
        record: (record) => world.records.push(record),
        engineLost: (engine, detail) => world.lost.push({ engine, detail }),
        engineEnded: (engine) => world.ended.push(engine),
        gatewayLost: (error) => (world.gatewayFailure = error),
      },
    });
    onTestFinished(async () => {
      await lab.close();
      rmSync(world.dir, { recursive: true, force: true });
    });
    return { lab, world };
  }

  /** Process id of a process that this test's runs started. */
  pidOf(name: string): number {
    const folder = registryFolder();
    for (const file of readdirSync(folder)) {
      const state = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
        runner: { pid: number };
        processes: { name: string; pid: number }[];
      };
      const found = state.processes.find((entry) => entry.name === name);
      if (state.runner.pid === process.pid && found !== undefined) return found.pid;
    }
    throw new Error(`no process ${name} of this test is recorded`);
  }

  /** Events of an engine's lives, in order: "starting 1", "ready 1", … */
  lifeOf(engine: string): string[] {
    return this.records
      .filter((record): record is EngineRecord => record.k === "engine" && record.engine === engine)
      .map(({ event, epoch, unexpected }) => `${event} ${epoch}${unexpected ? " unexpected" : ""}`);
  }
}

/** Process ids of this test's processes whose command line holds `text`. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
