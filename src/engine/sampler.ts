/** Deterministic "sampling": the output depends on the prompt and a seed alone, as greedy decoding on fixed weights does. */
import { RESERVED_TOKENS } from "./tokenizer.js";

/** Mixes 32-bit words so that neighbouring inputs give unrelated outputs (murmur3's finalizer). */
function mix(h: number, word: number): number {
  h = Math.imul(h ^ word, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A function from output position to token, in [RESERVED_TOKENS, vocabSize). The same arguments give the same function. */
export function sampler(prompt: ArrayLike<number>, seed: number, vocabSize: number): (index: number) => number {
  let digest = mix(0x9747b28c, seed | 0);
  for (let i = 0; i < prompt.length; i++) digest = mix(digest, prompt[i] as number);
  return (index) => RESERVED_TOKENS + (mix(mix(digest, index), 0x2545f491) % (vocabSize - RESERVED_TOKENS));
}

/** Token lists the engine makes up by itself (lab load, publish-at-start): list `index` of stream `stream`. */
export function syntheticTokens(
  seed: number,
  stream: string,
  index: number,
  count: number,
  vocabSize: number,
): Uint32Array {
  const name = Array.from(stream, (char) => char.charCodeAt(0));
  const next = sampler([...name, index], seed, vocabSize);
  return Uint32Array.from({ length: count }, (_, i) => next(i));
}
