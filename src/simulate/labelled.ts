/** Randomness by name: each part of a simulation draws from its own generator, so that leaving one part out (shrinking) does not shift the others. */
import { Rng } from "../base/rng.js";

export function labelled(seed: number, label: string): Rng {
  let h = seed ^ 0x5bd1e995;
  for (let i = 0; i < label.length; i++) h = Math.imul(h ^ label.charCodeAt(i), 0x01000193) ^ (h >>> 15);
  return new Rng(h);
}
