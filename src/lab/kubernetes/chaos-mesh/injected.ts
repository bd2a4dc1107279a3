/** A fault that Chaos Mesh causes, in force: as many experiments as it takes, and a probe that has the last word. */
import { asError, UnavailableError } from "../../../base/errors.js";
import type { ActiveFault } from "../../faults/fault.js";
import type { ExperimentLife } from "./experiment-life.js";
import type { EffectProbe } from "./probes/probe.js";

export class Injected implements ActiveFault {
  readonly #lives: readonly ExperimentLife[];
  readonly #probe: EffectProbe;
  readonly #differs: readonly string[];

  constructor(lives: readonly ExperimentLife[], probe: EffectProbe, differs: readonly string[]) {
    this.#lives = lives;
    this.#probe = probe;
    this.#differs = differs;
  }

  /** All begin, or none is left: then it rejects. */
  async begin(signal: AbortSignal): Promise<this> {
    const begun = await Promise.allSettled(this.#lives.map((life) => life.begin(signal)));
    const failure = begun.find((one) => one.status === "rejected");
    if (failure === undefined) return this;
    const others = this.#lives.filter((_, i) => begun[i]?.status === "fulfilled");
    await Promise.allSettled(others.map((life) => life.end()));
    throw failure.reason;
  }

  async effect(): Promise<string | null> {
    const injected = this.#lives.map((life) => life.injected());
    if (injected.some((one) => one === null)) {
      const trouble = this.#lives.find((life) => life.failing)?.trouble;
      if (trouble !== undefined) throw new UnavailableError("KVP_E_CHAOS_MESH", trouble);
      return null;
    }
    const seen = await this.#probe.seen();
    if (seen === null) return null;
    const differs = this.#differs.length === 0 ? "" : ` (${this.#differs.join("; ")})`;
    return `${injected.join(", ")}; ${seen}${differs}`;
  }

  async recover(): Promise<void> {
    const ended = await Promise.allSettled(this.#lives.map((life) => life.end()));
    const failures = ended.flatMap((one) => (one.status === "rejected" ? [asError(one.reason).message] : []));
    if (failures.length > 0) throw new UnavailableError("KVP_E_CHAOS_MESH", failures.join("; "));
  }

  async recovered(): Promise<string | null> {
    const outcomes = this.#lives.map((life) => (life.outcome === null ? null : `${life.name}: ${life.outcome}`));
    if (outcomes.some((outcome) => outcome === null)) return null;
    const gone = await this.#probe.gone();
    return gone === null ? null : `${outcomes.join(", ")}; ${gone}`;
  }
}
