/**
 * A hash function for simulated engines that costs a fifth of SHA-256: four 32-bit lanes, multiplied and mixed, spread over 32
 * bytes. Nobody attacks a simulation; its blocks only have to be told apart, and 128 bits do that.
 */
import type { HashFunctions } from "../../engine/cache/hash-functions.js";
import type { Digest } from "../../engine/cache/hash-input.js";

const PRIMES = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

export const CHEAP_HASHES: Pick<HashFunctions, "sha256"> = { sha256: cheapDigest };

function cheapDigest(bytes: Uint8Array): Digest {
  let a: number = PRIMES[0] ^ bytes.length;
  let b: number = PRIMES[1];
  let c: number = PRIMES[2];
  let d: number = PRIMES[3];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    a = Math.imul(a ^ byte, PRIMES[1]);
    b = Math.imul(b ^ byte ^ (a >>> 15), PRIMES[2]);
    c = Math.imul(c ^ byte ^ (b >>> 13), PRIMES[3]);
    d = Math.imul(d ^ byte ^ (c >>> 16), PRIMES[0]);
    a ^= d >>> 14;
  }
  const half = latin1(a) + latin1(b) + latin1(c) + latin1(d);
  return half + latin1(a ^ b ^ PRIMES[2]) + latin1(b ^ c) + latin1(c ^ d ^ PRIMES[0]) + latin1(d ^ a);
}

function latin1(word: number): string {
  return String.fromCharCode(word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24);
}
