/** What the rounds of the gate's self-test came to. */
import { ExitCode } from "../../../src/base/errors.js";
import type { Comparison } from "../../../src/bench/compare.js";

export interface Round {
  /** The checkout against itself. */
  readonly same: Comparison["verdict"];
  /** Against a build that is slower by more than the limit. */
  readonly slower: Comparison["verdict"];
}

export function describeTally(rounds: readonly Round[]): string {
  const count = (side: keyof Round, verdict: Comparison["verdict"]) =>
    rounds.filter((round) => round[side] === verdict).length;
  const undecided = count("same", "inconclusive") + count("slower", "inconclusive");
  const right = `equal builds: ${count("same", "pass")} of ${rounds.length} pass; 20 % more work in the decoder: ${count("slower", "fail")} of ${rounds.length} fail`;
  return undecided === 0 ? right : `${right}; ${undecided} undecided, the machine was too noisy`;
}

export function exitOf(rounds: readonly Round[]): ExitCode {
  if (rounds.some(({ same, slower }) => same === "fail" || slower === "pass")) return ExitCode.violated;
  const decided = rounds.every(({ same, slower }) => same === "pass" && slower === "fail");
  return decided ? ExitCode.pass : ExitCode.inconclusive;
}
