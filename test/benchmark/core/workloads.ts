/** Which workloads one run measures. */
import { existsSync, rmSync } from "node:fs";
import { sharedPath } from "../../shared.js";
import { COMMON_KINDS, commonTraces, seededTraces } from "./common-traces.js";
import { commonWorkload } from "./common-workload.js";
import type { Options } from "./options.js";
import { ownWorkload } from "./own-workload.js";
import type { Workload } from "./workload.js";

/** Seeds beyond the given one on which the answers are checked. */
const OTHER_SEEDS = [1, 2] as const;

/** Folder of the common workload; null when it does not lie beside the checkout. */
export function benchFolder(): string | null {
  const bench = sharedPath("bench");
  return existsSync(bench) ? bench : null;
}

/** One at a time: the larger ones take some hundred megabytes. */
export function* workloads({ quick, seed, only }: Options, progress: (line: string) => void): Generator<Workload> {
  const wanted = (name: string) => only === null || only === name;
  for (const kind of COMMON_KINDS) if (wanted(`own/${kind}`)) yield ownWorkload(kind, seed, quick);
  const bench = benchFolder();
  if (bench === null) {
    progress("The common workload is left out: ../shared/bench is absent.");
    return;
  }
  for (const kind of COMMON_KINDS) {
    if (wanted(`common/${kind}`) && (only !== null || !quick || kind !== "main"))
      yield commonWorkload(commonTraces(bench, kind), kind);
  }
}

export interface SeededWorkload {
  readonly workload: Workload;
  /** Deletes its files. */
  readonly forget: () => void;
}

/** Every kind of trace grown from other seeds. Not with `--quick` and `--only`. */
export function* otherSeeds({ quick, seed, only }: Options): Generator<SeededWorkload> {
  if (quick || only !== null) return;
  const bench = benchFolder();
  for (const more of OTHER_SEEDS) {
    for (const kind of COMMON_KINDS) {
      yield { workload: ownWorkload(kind, seed + more, false), forget: () => undefined };
      if (bench === null) continue;
      const dir = seededTraces(bench, kind, Math.abs(seed % 2 ** 31) + more);
      yield { workload: commonWorkload(dir, kind), forget: () => rmSync(dir, { recursive: true, force: true }) };
    }
  }
}
