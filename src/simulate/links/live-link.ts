/**
 * One connection from a publisher to a subscriber. Undisturbed it is lossless, keeps order, and delays each message by a random
 * time; what the conditions say happens to single messages happens here.
 */
import type { Rng } from "../../base/rng.js";
import type { Published } from "../engine/sim-rank.js";
import type { VirtualTime } from "../virtual-time.js";
import type { Conditions } from "./conditions.js";
import { damaged } from "./damage.js";
import { OrderedWay } from "./ordered-way.js";

/** Messages that wait for a reader that does not read; libzmq's default is 1000, small here so that it is reached. */
const HIGH_WATER_MARK = 12;
const MAX_EXTRA_MS = 50;

export interface LinkParts {
  readonly time: VirtualTime;
  readonly rng: Rng;
  readonly maxDelayMs: number;
  readonly conditions: Conditions;
}

export class LiveLink {
  readonly #parts: LinkParts;
  readonly #deliver: (batch: Published) => void;
  readonly #lost: (batch: Published, how: string) => void;
  readonly #way: OrderedWay;
  #inFlight = 0;
  #broken = false;
  #stuck: Published[] = [];

  constructor(parts: LinkParts, deliver: (batch: Published) => void, lost: (batch: Published, how: string) => void) {
    this.#parts = parts;
    this.#deliver = deliver;
    this.#lost = lost;
    this.#way = new OrderedWay(parts.time, parts.rng, parts.maxDelayMs);
  }

  /** Something that travels in order with the messages, such as the end of the connection. */
  inOrder(arrive: () => void): void {
    this.#way.send(() => {
      if (!this.#broken) arrive();
    });
  }

  publish(batch: Published): void {
    if (this.#parts.conditions.fine) this.#send(batch);
    else this.#sendDisturbed(batch);
  }

  /** The silence is over: what waited comes at once. */
  unstick(): void {
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const batch of stuck) this.publish(batch);
  }

  /** Nothing arrives any more. */
  break(): void {
    this.#broken = true;
    for (const batch of this.#stuck) this.#lost(batch, "waited in a connection that broke");
    this.#stuck = [];
  }

  #send(batch: Published): void {
    this.#inFlight++;
    this.inOrder(() => {
      this.#inFlight--;
      this.#deliver(batch);
    });
  }

  #sendDisturbed(batch: Published): void {
    const { conditions } = this.#parts;
    const what = `batch ${batch.seq}`;
    const halfOpen = conditions.of("link.half-open");
    if (halfOpen !== undefined) {
      halfOpen.bit(`${what} is held back in silence`);
      if (this.#stuck.length < HIGH_WATER_MARK) this.#stuck.push(batch);
      else this.#lost(batch, "beyond the high-water mark of a silent connection");
      return;
    }
    if (conditions.hits("stream.drop", `${what} dropped`)) {
      this.#lost(batch, "dropped");
      return;
    }
    const overrun = conditions.of("stream.overrun");
    if (overrun !== undefined && this.#inFlight >= HIGH_WATER_MARK / 4) {
      overrun.bit(`${what} beyond the high-water mark`);
      this.#lost(batch, "beyond the high-water mark");
      return;
    }
    const corrupt = conditions.hits("stream.corrupt", `${what} damaged`);
    const sent = corrupt === undefined ? batch : { ...batch, payload: damaged(batch.payload, corrupt.rng) };
    if (overrun !== undefined) {
      overrun.bit(`${what} waits for a slow reader`);
      this.#way.delay(overrun.rng.float() * MAX_EXTRA_MS);
    }
    const delay = conditions.hits("stream.delay", `${what} delayed`);
    if (delay !== undefined) this.#way.delay(delay.rng.float() * delay.fault.amount * MAX_EXTRA_MS);
    const duplicate = conditions.hits("stream.duplicate", `${what} sent twice`);
    if (duplicate !== undefined) this.#aside(sent, duplicate.rng.float() * duplicate.fault.amount * MAX_EXTRA_MS);
    const reorder = conditions.hits("stream.reorder", `${what} overtaken`);
    if (reorder === undefined) this.#send(sent);
    else this.#aside(sent, reorder.rng.float() * MAX_EXTRA_MS);
  }

  /** Out of order. */
  #aside(batch: Published, ms: number): void {
    this.#parts.time.afterMs(ms, () => {
      if (!this.#broken) this.#deliver(batch);
    });
  }
}
