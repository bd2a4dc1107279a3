/** What is to be done to the bytes of one direction of a link: every disturbance that lies on it, taken together. */
import type { Rng } from "../../../base/rng.js";
import type { LinkDirection, LinkDisturbance } from "../../links.js";
import { latenessOf, SEGMENT_BYTES } from "./retransmission.js";

export interface Shape {
  /** Nothing passes. */
  readonly silent: boolean;
  /** What comes is lost. */
  readonly swallowing: boolean;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly lossProbability: number;
  readonly kbitPerS: number;
}

export const FREE: Shape = {
  silent: false,
  swallowing: false,
  latencyMs: 0,
  jitterMs: 0,
  lossProbability: 0,
  kbitPerS: Number.POSITIVE_INFINITY,
};

export function shapeOf(disturbances: readonly LinkDisturbance[], direction: LinkDirection): Shape {
  return disturbances.reduce((shape, disturbance) => shapedBy(shape, disturbance, direction), FREE);
}

function shapedBy(shape: Shape, disturbance: LinkDisturbance, direction: LinkDirection): Shape {
  switch (disturbance.kind) {
    case "silence":
      return disturbance.directions.includes(direction) ? { ...shape, silent: true } : shape;
    case "blackhole":
      return { ...shape, swallowing: true };
    case "delay":
      if (!disturbance.directions.includes(direction)) return shape;
      return {
        ...shape,
        latencyMs: shape.latencyMs + disturbance.latencyMs,
        jitterMs: shape.jitterMs + disturbance.jitterMs,
      };
    case "loss":
      return { ...shape, lossProbability: 1 - (1 - shape.lossProbability) * (1 - disturbance.probability) };
    case "bandwidth":
      return { ...shape, kbitPerS: Math.min(shape.kbitPerS, disturbance.kbitPerS) };
    case "refuse":
    case "storm":
      return shape;
  }
}

/** Says when each piece of a direction arrives. */
export class Pacer {
  readonly #rng: Rng;
  #arrivedMs = 0;
  #freeMs = 0;
  retransmissions = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Cuts bytes into what travels together and gives each its arrival, never before the one ahead of it. */
  pace(bytes: Uint8Array, nowMs: number, shape: Shape, enter: (bytes: Uint8Array, dueMs: number) => void): void {
    const cut = shape.lossProbability > 0 || shape.kbitPerS < Number.POSITIVE_INFINITY;
    const size = cut ? SEGMENT_BYTES : bytes.length;
    for (let at = 0; at < bytes.length; at += size) {
      const segment = bytes.subarray(at, at + size);
      const followers = Math.ceil((bytes.length - at) / size) - 1;
      enter(segment, this.#arrival(segment.length, followers, nowMs, shape));
    }
  }

  #arrival(bytes: number, followers: number, nowMs: number, shape: Shape): number {
    const jitterMs = shape.jitterMs === 0 ? 0 : (this.#rng.float() * 2 - 1) * shape.jitterMs;
    let atMs = nowMs + Math.max(0, shape.latencyMs + jitterMs);
    if (shape.lossProbability > 0) {
      const { lateMs, retransmissions } = latenessOf(this.#rng, shape.lossProbability, followers);
      atMs += lateMs;
      this.retransmissions += retransmissions;
    }
    atMs = Math.max(atMs, this.#arrivedMs);
    if (shape.kbitPerS < Number.POSITIVE_INFINITY) {
      this.#freeMs = Math.max(this.#freeMs, atMs) + (bytes * 8) / shape.kbitPerS;
      atMs = this.#freeMs;
    }
    this.#arrivedMs = atMs;
    return atMs;
  }

  /** Whatever delayed is over: what comes now need not wait for what came before. */
  reset(): void {
    this.#arrivedMs = 0;
    this.#freeMs = 0;
  }
}
