/**
 * Which messages a fault hits: decided by the seed and the message's own number, so that neither timing nor the way in which
 * bytes arrive changes the choice, and a message that comes twice meets the same fate twice.
 */

/** True with `probability`, the same for the same seed, rank and number. */
export function chosen(probability: number, seed: number, rank: number, seq: number): boolean {
  return fraction(seed, rank, seq) < probability;
}

/** In [0, 1). Mixes like murmur3's finaliser; numbers up to 2^53. */
export function fraction(seed: number, rank: number, seq: number): number {
  let hash = mixed((seed | 0) ^ 0x9e3779b9);
  hash = mixed(hash ^ Math.imul(rank + 1, 0x85ebca6b));
  hash = mixed(hash ^ (seq >>> 0));
  hash = mixed(hash ^ Math.floor(seq / 2 ** 32));
  return (hash >>> 0) / 2 ** 32;
}

function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
