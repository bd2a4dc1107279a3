/**
 * Profiles of gateway and engines around the measured phase of a run. A profile that cannot be had is noted and costs nothing
 * else: the run is about the router, not about its profile.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mapLimit } from "../../base/async.js";
import { asError } from "../../base/errors.js";
import type { ProfileKind, TakenProfiles } from "../../base/profile/v8-profile.js";
import type { JudgeReport } from "../../judge/verdict.js";
import { PROFILES_FOLDER } from "../../judge/run-summary.js";
import type { ProfileControl } from "../../lab/sut/port.js";
import type { RunContext } from "../run/run-context.js";
import { writeProfiles } from "./write-profiles.js";

/** Of a large fleet the first few tell what all do; more would slow the machine that is measured. */
const MAX_ENGINES = 4;
const SNAPSHOT = "gateway.heapsnapshot";
/** Property of bounded memory, and thresholds that measure memory. */
const MEMORY = /^B1$|heap|rss|memory/i;

interface Target {
  readonly name: string;
  readonly control: (control: ProfileControl) => Promise<unknown>;
}

export class Profiling {
  readonly #kinds: readonly ProfileKind[];
  readonly #folder: string;
  readonly #note: (line: string) => void;
  #under: readonly Target[] = [];

  constructor(kinds: readonly ProfileKind[], runFolder: string, note: (line: string) => void) {
    this.#kinds = kinds;
    this.#folder = join(runFolder, PROFILES_FOLDER);
    this.#note = note;
  }

  async begin(context: RunContext): Promise<void> {
    const begun = await mapLimit(this.#targets(context), MAX_ENGINES, async (target) => {
      const done = await this.#tried(target.name, () => target.control({ action: "start", kinds: this.#kinds }));
      return done === null ? [] : [target];
    });
    this.#under = begun.flat();
  }

  /** Fetches and writes what {@link begin} started. */
  async end(): Promise<void> {
    const under = this.#under;
    this.#under = [];
    await mapLimit(under, MAX_ENGINES, async ({ name, control }) =>
      this.#tried(name, async () =>
        writeProfiles(this.#folder, name, (await control({ action: "stop" })) as TakenProfiles),
      ),
    );
  }

  /** Everything on the gateway's heap, when the fleet has left: kept only if the verdict finds something wrong with memory. */
  async snapshot({ sut }: RunContext): Promise<void> {
    if (!this.#kinds.includes("heap")) return;
    mkdirSync(this.#folder, { recursive: true });
    await this.#tried("gateway", () => sut.snapshotInto(join(this.#folder, SNAPSHOT)));
  }

  settleSnapshot(report: JudgeReport | null): void {
    const file = join(this.#folder, SNAPSHOT);
    if (!existsSync(file)) return;
    if (memoryFailed(report)) this.#note(`memory was found wanting: ${file}`);
    else rmSync(file, { force: true });
  }

  #targets({ sut, lab }: RunContext): Target[] {
    const doubles = lab.engines().filter(({ spec }) => spec.vllm === undefined);
    const engines = doubles.slice(0, MAX_ENGINES).map(({ spec: { engine } }) => ({
      name: engine,
      control: (control: ProfileControl) => lab.control(engine, "profile", control),
    }));
    return [{ name: "gateway", control: (control) => sut.profile(control) }, ...engines];
  }

  async #tried<T>(name: string, attempt: () => Promise<T>): Promise<T | null> {
    try {
      const done = await attempt();
      if (done === null) this.#note(`no profile of ${name}: it offers none`);
      return done;
    } catch (thrown) {
      this.#note(`no profile of ${name}: ${asError(thrown).message}`);
      return null;
    }
  }
}

export function memoryFailed(report: JudgeReport | null): boolean {
  if (report === null) return false;
  const property = report.properties.some(({ id, verdict }) => verdict === "fail" && MEMORY.test(id));
  return property || report.thresholds.some(({ measure, verdict }) => verdict === "fail" && MEMORY.test(measure));
}
