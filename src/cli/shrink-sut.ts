/** The system under test for `kvproof shrink`: started by the local lab, without engines, anew for every try. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalLabFactory } from "../lab/local/local-lab-factory.js";
import type { GatewaySpec, Lab, LabObserver } from "../lab/ports.js";
import { driverFor } from "../lab/sut/drivers.js";
import type { SystemUnderTest } from "../lab/sut/port.js";
import { DIALECTS } from "../protocol/dialects.js";
import type { ReplayedEngine } from "../streams/publish/replayed-fleet.js";
import type { ShrinkSut, SutSession } from "../streams/shrink/trial.js";

const SEED = 1;
/** What is lost in a try shows in the answers that do not come. */
const unwatched: LabObserver = {
  record: () => undefined,
  engineLost: () => undefined,
  engineEnded: () => undefined,
  gatewayLost: () => undefined,
};

export interface LabSut extends ShrinkSut {
  /** @param keepLogs they tell why something did not start. */
  close(keepLogs: boolean): Promise<void>;
}

export async function labSut(spec: GatewaySpec): Promise<LabSut> {
  const dir = mkdtempSync(join(tmpdir(), "kvproof-shrink-"));
  const factory = new LocalLabFactory(Object.keys(DIALECTS));
  const lab = await factory.open({ runId: `shrink-${process.pid}`, dir, observer: unwatched });
  const kill = (): void => factory.killAll();
  process.on("exit", kill);
  return {
    start: () => start(lab, spec),
    close: async (keepLogs) => {
      await lab.close();
      process.off("exit", kill);
      if (!keepLogs) rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function start(lab: Lab, spec: GatewaySpec): Promise<SutSession> {
  const handle = await lab.startGateway(spec);
  let sut: SystemUnderTest;
  try {
    sut = await driverFor(spec).connect(handle, SEED);
  } catch (thrown) {
    await lab.stopGateway("kill");
    throw thrown;
  }
  const added: string[] = [];
  /** One that runs already goes on running, so it must forget by itself. */
  const outlives = spec.launch?.kind === "http" && spec.launch.command === undefined;
  return {
    lora: sut.capabilities.lora,
    salt: sut.capabilities.salt,
    addEngine: async (engine: ReplayedEngine) => {
      added.push(engine.engine);
      await sut.addEngine(engine);
    },
    match: (model, question) => sut.match({ model, ...question }),
    stop: async () => {
      if (outlives) for (const engine of added) await sut.removeEngine(engine).catch(() => undefined);
      await (sut.letGo === undefined ? sut.stop() : sut.letGo());
      await lab.stopGateway("kill");
    },
  };
}
