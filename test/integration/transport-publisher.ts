/** A publisher of event batches made of libzmq's own sockets (PUB or XPUB, and a replay ROUTER); for transport tests. */
import { Publisher, Router, XPublisher } from "zeromq";
import { waitFor } from "../../src/base/async.js";
import type { Clock } from "../../src/base/clock.js";
import { systemClock } from "../../src/base/clock.js";
import { silentLogger } from "../../src/base/log.js";
import { IngestScheduler } from "../../src/gateway/ingest-scheduler.js";
import type { ApplyResult, StreamSink } from "../../src/gateway/ports.js";
import { type FollowerOptions, StreamFollower } from "../../src/gateway/stream-follower.js";
import { buildReplayEnd, buildReplayReply, encodeSeq, parseReplayRequest } from "../../src/protocol/frames.js";

export interface PublisherOptions {
  readonly topic?: string;
  readonly ring?: number;
  /** Frames of a replay reply at the DEALER: 3 = vLLM < 0.26. */
  readonly era?: 3 | 4;
  readonly events?: string;
  readonly replay?: string;
  readonly socket?: "PUB" | "XPUB";
  readonly firstSeq?: number;
}

/** libzmq lets go of a closed socket's address in its own time, after `close` has returned. */
async function bindOnceFree(socket: Publisher | XPublisher | Router, address: string): Promise<void> {
  const bound = (): Promise<true> => socket.bind(address).then(() => true);
  await waitFor(bound, { describe: `${address} to be free`, timeoutMs: 10_000 });
}

export class TestPublisher {
  readonly topic: string;
  readonly sent: Uint8Array[] = [];
  readonly #pub: Publisher | XPublisher;
  readonly #router = new Router({ linger: 0 });
  readonly #ring: number;
  readonly #era: 3 | 4;
  #served: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: PublisherOptions) {
    this.topic = options.topic ?? "kv@test";
    this.#ring = options.ring ?? 100_000;
    this.#era = options.era ?? 4;
    const high = { sendHighWaterMark: 0, linger: 0 };
    this.#pub = options.socket === "XPUB" ? new XPublisher(high) : new Publisher(high);
  }

  static async start(options: PublisherOptions = {}): Promise<TestPublisher> {
    const publisher = new TestPublisher(options);
    await bindOnceFree(publisher.#pub, options.events ?? "tcp://127.0.0.1:*");
    await bindOnceFree(publisher.#router, options.replay ?? "tcp://127.0.0.1:*");
    publisher.#served = publisher.#serveReplays();
    return publisher;
  }

  get events(): string {
    return this.#pub.lastEndpoint as string;
  }
  get replay(): string {
    return this.#router.lastEndpoint as string;
  }

  async publish(payload: Uint8Array): Promise<void> {
    const seq = this.sent.length;
    this.sent.push(payload);
    await this.#pub.send([this.topic, encodeSeq(seq), payload]);
  }

  /** Sends frames as they are. */
  async raw(frames: readonly (Uint8Array | string)[]): Promise<void> {
    await this.#pub.send([...frames] as Buffer[]);
  }

  /** The next batch gets its number and its place in the ring, but is not sent. */
  skip(payload: Uint8Array): void {
    this.sent.push(payload);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#pub.close();
    this.#router.close();
    await this.#served;
  }

  async #serveReplays(): Promise<void> {
    try {
      for await (const frames of this.#router) {
        const { client, start } = parseReplayRequest(frames);
        const oldest = Math.max(0, this.sent.length - this.#ring);
        for (let seq = Math.max(start, oldest); seq < this.sent.length; seq++) {
          const payload = this.sent[seq] as Uint8Array;
          await this.#router.send([client, ...buildReplayReply(this.#era, this.topic, { seq, payload })] as Buffer[]);
        }
        await this.#router.send([client, ...buildReplayEnd(this.#era)] as Buffer[]);
      }
    } catch (error) {
      if (!this.#closed) throw error;
    }
  }
}

/** Remembers what was applied since the last purge. */
export class RecordingSink implements StreamSink {
  applied: Buffer[] = [];
  purges = 0;
  /** Payloads that this sink cannot decode. */
  isPoison: (payload: Uint8Array) => boolean = () => false;

  apply(payload: Uint8Array): ApplyResult {
    const rejected = this.isPoison(payload);
    if (!rejected) this.applied.push(Buffer.from(payload));
    return { rejected, events: rejected ? 0 : 1, malformedEvents: 0, unknownEvents: 0, blocks: rejected ? 0 : 1 };
  }
  purge(): void {
    this.purges++;
    this.applied = [];
  }
}

export interface Following {
  readonly follower: StreamFollower;
  readonly sink: RecordingSink;
}

export function follow(
  target: { readonly events: string; readonly replay: string | null; readonly topic?: string },
  options: Partial<FollowerOptions> = {},
  clock: Clock = systemClock,
): Following {
  const sink = new RecordingSink();
  const follower = new StreamFollower({
    engine: "test/0",
    rank: 0,
    events: target.events,
    replay: target.replay,
    topic: target.topic ?? "",
    sink,
    scheduler: new IngestScheduler(),
    clock,
    log: silentLogger,
    options,
  });
  follower.start();
  return { follower, sink };
}
