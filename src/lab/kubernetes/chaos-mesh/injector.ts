/** Faults by Chaos Mesh: each is translated, its effect measured before, its objects followed, and its end believed only when seen. */
import { InternalError, UsageError } from "../../../base/errors.js";
import type { ActiveFault, FaultWorld } from "../../faults/fault.js";
import type { AskedFault, FaultInjector } from "../../faults/injector.js";
import type { ChaosApi } from "./chaos-api.js";
import { ExperimentLife } from "./experiment-life.js";
import { Injected } from "./injected.js";
import { type Experiment, manifestOf } from "./manifest.js";
import { deathProbe, OutOfMemory } from "./out-of-memory.js";
import { clockProbe, diskFullProbe } from "./probes/engine-probes.js";
import { bandwidthProbe, delayProbe, lossProbe, partitionProbe } from "./probes/network-probe.js";
import type { EffectProbe, PodShell, ProbeOf } from "./probes/probe.js";
import { cpuProbe, memoryProbe } from "./probes/strain-probe.js";
import { byOwnMeans } from "./rules.js";
import type { Place } from "./translate/place.js";
import { translate } from "./translate/translate.js";

export interface ChaosMeshParts {
  readonly api: ChaosApi;
  readonly shell: PodShell;
  /** Labels of everything that the run makes. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where the fault is to happen, by the pods as they run now. */
  place(fault: AskedFault, world: FaultWorld): Place;
}

const PROBES: Readonly<Record<string, ProbeOf>> = {
  "link.partition": partitionProbe,
  "link.delay": delayProbe,
  "link.loss": lossProbe,
  "link.bandwidth": bandwidthProbe,
  "clock.offset": clockProbe,
  "clock.step": clockProbe,
  "host.cpu": cpuProbe,
  "host.memory": memoryProbe,
  "host.disk-full": diskFullProbe,
  "host.oom": async ({ world }): Promise<EffectProbe> => deathProbe(world),
};

/** Kinds whose effect can be seen; for tests that none is injected unseen. */
export const PROBED_KINDS: readonly string[] = Object.keys(PROBES);

const MS_PER_S = 1000;
/** Should the runner die, the controller takes the fault back so long after its time. */
const WAY_OUT_S = 120;

export class ChaosMeshInjector implements FaultInjector {
  readonly #parts: ChaosMeshParts;

  constructor(parts: ChaosMeshParts) {
    this.#parts = parts;
  }

  inject(fault: AskedFault, forMs: number, world: FaultWorld): Promise<ActiveFault> | null {
    return byOwnMeans(fault.kind) ? null : this.#inject(fault, forMs, world);
  }

  async #inject(fault: AskedFault, forMs: number, world: FaultWorld): Promise<ActiveFault> {
    const { kind, parameters } = fault;
    const place = this.#parts.place(fault, world);
    const translation = translate(kind, parameters, place);
    if ("refused" in translation)
      throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `${kind} by Chaos Mesh: ${translation.refused}`);
    const probe = PROBES[kind];
    if (probe === undefined) throw new InternalError(`nothing shows whether ${kind} by Chaos Mesh bites`);
    const effect = await probe({ world, place, shell: this.#parts.shell, parameters });
    const lastsS = Math.ceil(forMs / MS_PER_S) + WAY_OUT_S;
    const lives = translation.experiments.map((experiment, i) =>
      this.#life(experiment, `${fault.id}-${i + 1}`, place, lastsS),
    );
    const injected = new Injected(lives, effect, translation.differs);
    if (kind !== "host.oom") return injected.begin(world.signal);
    for (const { spec } of world.engines) world.orchestrator.expectDeath(spec.engine);
    return new OutOfMemory(world, await injected.begin(world.signal));
  }

  #life(experiment: Experiment, name: string, { namespace }: Place, lastsS: number): ExperimentLife {
    const { api, labels } = this.#parts;
    return new ExperimentLife(api, manifestOf(experiment, { name, namespace, labels }, lastsS), experiment.oneShot);
  }
}
