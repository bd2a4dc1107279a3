/**
 * A seeded defect: a change of a few words in one or two source files of the gateway, as someone might really have written it. A
 * gateway built with it must make a named property fail, under two different seeds. When the source moves on and the
 * words are gone, building the mutant fails, so a defect can not silently stop being one.
 */
export interface Defect {
  /** The file's name. */
  readonly id: string;
  /** What the gateway does wrong. */
  readonly title: string;
  /** Real systems that shipped it. */
  readonly seenIn: string;
  /** Entries of known-defects/ that it stands for. */
  readonly covers: readonly string[];
  /** Properties of which at least one must fail. */
  readonly foundBy: readonly string[];
  /** Scenario file (without .yaml) on the local lab that must find it, from the project's root; absent: found in simulation. */
  readonly scenario?: string;
  /** Anomalies of the simulation that meet it; tried before whatever the seeds choose. */
  readonly anomalies?: readonly string[];
  readonly patches: readonly Patch[];
}

export interface Patch {
  /** Path from the project's root. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}
