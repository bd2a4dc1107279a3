/** What becomes of one fault in Chaos Mesh: experiments that begin together, or the reason why there are none. */
import type { Fault } from "../../../faults/fault.js";
import type { Experiment } from "../manifest.js";
import type { Place } from "./place.js";

export type Translation = Translated | Refused;

export interface Translated {
  readonly experiments: readonly Experiment[];
  /** One-shot experiments are repeated after this time; null = once. */
  readonly everyMs: number | null;
  /** What is not quite as the same fault in our own injector, for people. */
  readonly differs: readonly string[];
}

export interface Refused {
  readonly refused: string;
}

export interface Translator {
  readonly kind: string;
  /** `parameters` have been validated by the fault's own schema. */
  translate(parameters: object, place: Place): Translation;
}

export function translator<P extends object>(
  fault: Fault<P>,
  translate: (parameters: P, place: Place) => Translation,
): Translator {
  return { kind: fault.kind, translate: (parameters, place) => translate(parameters as P, place) };
}

export function translated(experiments: readonly Experiment[], differs: readonly string[] = []): Translated {
  return { experiments, everyMs: null, differs };
}

export function refused(reason: string): Refused {
  return { refused: reason };
}
