/**
 * A seeded defect: a change of a few words in one source file of the gateway, as someone might really have written it. A gateway
 * built with it must make a named property fail. When the source moves on and the words are gone, the build of
 * the mutant fails, so a defect can not silently stop being one.
 */
export interface Defect {
  readonly id: string;
  /** What the gateway does wrong. */
  readonly title: string;
  /** Real systems that shipped it. */
  readonly seenIn: string;
  /** Scenario of test/e2e that must find it. */
  readonly scenario: string;
  /** Properties of which at least one must fail. */
  readonly foundBy: readonly string[];
  readonly patches: readonly Patch[];
}

export interface Patch {
  /** Path from the project's root. */
  readonly file: string;
  /** Must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}
