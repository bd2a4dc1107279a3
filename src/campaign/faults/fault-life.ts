/**
 * One fault of the plan, from its injection to the evidence that it is gone. Its window in the history is what its own probes
 * saw. When the run ends early it is taken back first.
 */
import { delay, waitFor, withTimeout } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { asError, InternalError, KvproofError, UsageError } from "../../base/errors.js";
import type { FaultRecord, Quiet } from "../../judge/history/records.js";
import { quietOf } from "../../lab/faults/quiet.js";
import type { ActiveFault, Fault, FaultWorld, Orchestrator } from "../../lab/faults/fault.js";
import type { EngineHandle } from "../../lab/ports.js";
import type { PlannedFault } from "../plan/fault-plan.js";
import { targetsIn } from "../plan/fault-plan.js";
import type { RunContext } from "../run/run-context.js";

const INJECT_TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 50;
/** One look of a probe; one that takes longer saw nothing. */
const LOOK_TIMEOUT_MS = 3_000;
/** Includes the start of engines and of the system under test. */
const RECOVER_TIMEOUT_MS = 60_000;
const RECOVERED_TIMEOUT_MS = 15_000;

export interface FaultLifeParts {
  readonly context: RunContext;
  readonly orchestrator: Orchestrator;
  readonly kindOf: (kind: string) => Fault | undefined;
  /** Raised when the run ends early. */
  readonly signal: AbortSignal;
}

export class FaultLife {
  readonly #planned: PlannedFault;
  readonly #parts: FaultLifeParts;
  #targets: readonly string[];

  constructor(planned: PlannedFault, parts: FaultLifeParts) {
    this.#planned = planned;
    this.#parts = parts;
    this.#targets = [planned.target];
  }

  /** Resolves true once it is over and gone, false when it could not be taken back. Rejects when it cannot begin. */
  async live(): Promise<boolean> {
    const { context, signal } = this.#parts;
    const engines = this.#enginesNow();
    if (engines.length > 0) this.#targets = engines.map(({ spec }) => `engines/${spec.engine}`);
    const active = await this.#inject(engines);
    if (active === null) return true;
    // From here on: what it takes to begin (pods of stressors, a command) is no part of how long it lasts.
    const endsAt = context.clock.nowNs() + this.#planned.forMs * NS_PER_MS;
    await this.#watch(active, endsAt);
    while (!signal.aborted && context.clock.nowNs() < endsAt && active.over?.() !== true) {
      await delay(Math.min(LOOK_EVERY_MS, (endsAt - context.clock.nowNs()) / NS_PER_MS), signal);
    }
    return this.#end(active);
  }

  #enginesNow(): readonly EngineHandle[] {
    const { lab } = this.#parts.context;
    const { target, kind } = this.#planned;
    const names = lab.engines().map(({ spec }) => ({ engine: spec.engine }));
    const wanted = new Set(targetsIn(target, names).map(({ engine }) => engine));
    const handles = lab.engines().filter(({ spec }) => wanted.has(spec.engine));
    if (target.startsWith("engines/") && handles.length === 0) {
      const running = names.map(({ engine }) => engine).join(", ");
      throw new UsageError("KVP_E_SCENARIO_IMPOSSIBLE", `${kind}: no engine matches ${target}; running: ${running}`);
    }
    return handles;
  }

  async #inject(engines: readonly EngineHandle[]): Promise<ActiveFault | null> {
    const { id, kind, parameters } = this.#planned;
    const fault = this.#parts.kindOf(kind);
    if (fault === undefined) throw new InternalError(`the catalogue has no fault ${kind}`);
    const world = this.#world(engines);
    if (world.lab.injector === undefined) this.#targets = fault.touches?.(world) ?? this.#targets;
    this.#record("injected", JSON.stringify(parameters), quietOf(this.#planned));
    try {
      return await withTimeout(this.#cause(fault, world, parameters), INJECT_TIMEOUT_MS, `fault ${id} to begin`);
    } catch (thrown) {
      if (this.#parts.signal.aborted) {
        this.#record("recovered", "the run ended before it began");
        return null;
      }
      const error = asError(thrown);
      this.#record("failed", error.message);
      const code = error instanceof KvproofError ? error.code : "KVP_E_INTERNAL";
      throw new KvproofError(code, `fault ${id} (${kind}) could not begin: ${error.message}`, { cause: thrown });
    }
  }

  #cause(fault: Fault, world: FaultWorld, parameters: object): Promise<ActiveFault> {
    const { id, kind, target, forMs } = this.#planned;
    const asked = { id, kind, target, parameters };
    return world.lab.injector?.inject(asked, forMs, world) ?? fault.inject(world, parameters);
  }

  /** Looks until something shows, or the fault's time is over. */
  async #watch(active: ActiveFault, endsAt: number): Promise<void> {
    const { context, signal } = this.#parts;
    let problem = "";
    for (;;) {
      const last = context.clock.nowNs() >= endsAt;
      const seen = await look(active.effect()).catch((thrown: unknown) => {
        problem = asError(thrown).message;
        return null;
      });
      if (seen !== null) return this.#record("effective", seen);
      if (signal.aborted) return;
      if (last) break;
      await delay(LOOK_EVERY_MS, signal);
    }
    if (problem !== "") this.#mark(`saw no effect; its last look failed: ${problem}`);
  }

  async #end(active: ActiveFault): Promise<boolean> {
    const { id } = this.#planned;
    this.#record("recovering");
    try {
      await withTimeout(active.recover(), RECOVER_TIMEOUT_MS, `fault ${id} to be taken back`);
      const evidence = await waitFor(() => look(active.recovered()), {
        describe: `fault ${id} to be gone`,
        timeoutMs: RECOVERED_TIMEOUT_MS,
        intervalMs: LOOK_EVERY_MS,
      });
      this.#record("recovered", evidence);
      return true;
    } catch (thrown) {
      this.#record("failed", asError(thrown).message);
      return false;
    }
  }

  #world(engines: readonly EngineHandle[]): FaultWorld {
    const { context, orchestrator, signal } = this.#parts;
    const { lab, clock, recorder, rng } = context;
    const { id, target } = this.#planned;
    return {
      lab,
      engines,
      target,
      clock,
      rng: rng.fork(`fault ${id}`),
      signal,
      orchestrator,
      mark: (name, detail) => recorder.record({ k: "mark", at: clock.nowNs(), name, detail: `${id}: ${detail}` }),
    };
  }

  #record(event: FaultRecord["event"], evidence?: string, quiet?: Quiet): void {
    const { recorder, clock } = this.#parts.context;
    const { id, kind } = this.#planned;
    const about = { id, fault: kind, targets: this.#targets, event };
    const told = { ...(evidence === undefined ? {} : { evidence }), ...(quiet === undefined ? {} : { quiet }) };
    recorder.record({ k: "fault", at: clock.nowNs(), ...about, ...told });
  }

  #mark(detail: string): void {
    const { recorder, clock } = this.#parts.context;
    recorder.record({
      k: "mark",
      at: clock.nowNs(),
      name: this.#planned.kind,
      detail: `${this.#planned.id} ${detail}`,
    });
  }
}

function look(looking: Promise<string | null>): Promise<string | null> {
  return withTimeout(looking, LOOK_TIMEOUT_MS, "a look of the fault's probe");
}
