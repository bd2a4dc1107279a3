/**
 * What a vLLM event publisher does, without its sockets: sequence numbers from 0 per process, the replay buffer, and the
 * answers to replay requests in the form of the release. Source: ZmqEventPublisher, vllm/distributed/kv_events.py.
 */
import type { KvEventBatch } from "../../protocol/kv-event.js";
import { DIALECTS, type Dialect } from "../../protocol/dialects.js";
import { encodeSeq, END_OF_REPLAY } from "../../protocol/frames.js";
import { encodeBatch } from "../../protocol/kv-event-writer.js";
import { ReplayRing } from "./replay-ring.js";

export interface PublisherCoreOptions {
  readonly dialect: Dialect;
  readonly topic: string;
  /** Batches kept for replay (`buffer_steps`). */
  readonly bufferSteps: number;
}

/** A request as the ROUTER socket sees it, or why it is ignored. */
export type ReplayRequest =
  | { readonly kind: "replay"; readonly client: Uint8Array; readonly start: number }
  | { readonly kind: "ignored"; readonly reason: string };

type Frames = readonly Uint8Array[];

const empty = new Uint8Array(0);

export class PublisherCore {
  readonly #dialect: Dialect;
  readonly #topic: Uint8Array;
  readonly #ring: ReplayRing;
  readonly #repliesNameTopic: boolean;
  #next = 0;

  constructor(options: PublisherCoreOptions) {
    this.#dialect = options.dialect;
    this.#topic = new TextEncoder().encode(options.topic);
    this.#ring = new ReplayRing(options.bufferSteps);
    this.#repliesNameTopic = DIALECTS[options.dialect].replayFrames === 4;
  }

  /** The number that the next batch will get. */
  get nextSeq(): number {
    return this.#next;
  }

  /** Batches that a replay could return. */
  get retained(): number {
    return this.#ring.size;
  }

  /** Throws when the dialect cannot state the batch; the caller then {@link burn}s its number, as vLLM does. */
  encode(batch: KvEventBatch): Uint8Array {
    return encodeBatch(this.#dialect, batch);
  }

  /** Consumes a sequence number for bytes that will never leave: a hole that no replay fills. */
  burn(): number {
    return this.#next++;
  }

  /** Consumes a sequence number and returns the message to send; the batch is replayable from now on. */
  admit(payload: Uint8Array): Frames {
    const seq = this.#next++;
    this.#ring.append({ seq, payload });
    return [this.#topic, encodeSeq(seq), payload];
  }

  /**
   * Reads what a ROUTER received. vLLM wants exactly [client, "", start] with `start` an unsigned big-endian number of any
   * length; everything else is warned about and not answered.
   */
  readRequest(frames: Frames): ReplayRequest {
    const [client, delimiter, start] = frames;
    if (frames.length !== 3 || client === undefined || delimiter === undefined || start === undefined) {
      return { kind: "ignored", reason: `${frames.length} frames instead of 3` };
    }
    if (delimiter.length !== 0) return { kind: "ignored", reason: "the second frame is not empty" };
    return { kind: "replay", client, start: start.reduce((value, byte) => value * 256 + byte, 0) };
  }

  /** The answer, message by message: every retained batch from `start` on, then END. END alone when there is none. */
  *replay(client: Uint8Array, start: number): Generator<Frames> {
    for (const { seq, payload } of this.#ring.from(start))
      yield this.#reply(client, this.#topic, encodeSeq(seq), payload);
    yield this.#reply(client, empty, encodeSeq(END_OF_REPLAY), empty);
  }

  /** vLLM >= 0.26 repeats the topic (#45177); older releases and SGLang do not. */
  #reply(client: Uint8Array, topic: Uint8Array, seq: Uint8Array, payload: Uint8Array): Frames {
    return this.#repliesNameTopic ? [client, empty, topic, seq, payload] : [client, empty, seq, payload];
  }
}
