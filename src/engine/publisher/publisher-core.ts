/**
 * What a vLLM event publisher does, without its sockets: sequence numbers from 0 per process, the replay buffer, and the
 * answers to replay requests in the form of the release. Source: ZmqEventPublisher, vllm/distributed/kv_events.py.
 */
import { ProtocolError } from "../../base/errors.js";
import { DIALECTS, type Dialect } from "../../protocol/dialects.js";
import { buildEventMessage, buildReplayEnd, buildReplayReply, parseReplayRequest } from "../../protocol/frames.js";
import type { KvEventBatch } from "../../protocol/kv-event.js";
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

export class PublisherCore {
  readonly #dialect: Dialect;
  readonly #topic: Uint8Array;
  readonly #ring: ReplayRing;
  /** vLLM >= 0.26 repeats the topic in replies (#45177); older releases and SGLang do not. */
  readonly #replyFrames: 3 | 4;
  #next = 0;

  constructor(options: PublisherCoreOptions) {
    this.#dialect = options.dialect;
    this.#topic = new TextEncoder().encode(options.topic);
    this.#ring = new ReplayRing(options.bufferSteps);
    this.#replyFrames = DIALECTS[options.dialect].replayFrames;
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
    return buildEventMessage(this.#topic, seq, payload);
  }

  /** Reads what a ROUTER received. What is not [client, "", start] is warned about and never answered. */
  readRequest(frames: Frames): ReplayRequest {
    try {
      return { kind: "replay", ...parseReplayRequest(frames) };
    } catch (thrown) {
      if (thrown instanceof ProtocolError) return { kind: "ignored", reason: thrown.message };
      throw thrown;
    }
  }

  /** The answer, message by message: every retained batch from `start` on, then END. END alone when there is none. */
  *replay(client: Uint8Array, start: number): Generator<Frames> {
    for (const batch of this.#ring.from(start)) {
      yield [client, ...buildReplayReply(this.#replyFrames, this.#topic, batch)];
    }
    yield [client, ...buildReplayEnd(this.#replyFrames)];
  }
}
