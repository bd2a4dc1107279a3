/**
 * One publisher of a trace over libzmq, as a consumer sees vLLM's: a socket for live batches and a ROUTER that replays the last ones.
 * The live socket is an XPUB, which to a SUB is a PUB, and to us tells who has subscribed.
 */
import { Router, XPublisher } from "zeromq";
import { waitFor } from "../../base/async.js";
import { asError, KvproofError, UnavailableError } from "../../base/errors.js";
import { buildEventMessage, buildReplayEnd, buildReplayReply, parseReplayRequest } from "../../protocol/frames.js";

/** vLLM's `hwm`: beyond so many batches for one slow subscriber libzmq drops. */
const SEND_HIGH_WATER_MARK = 100_000;
/** libzmq lets go of a port a moment after its socket was closed. */
const REBIND_TIMEOUT_MS = 5000;
const LINGER_MS = 1000;
const SUBSCRIBE = 1;

export interface PublisherOptions {
  readonly host: string;
  /** 0 = chosen by the system. */
  readonly port: number;
  readonly replayPort: number;
  /** Batches kept for replay. */
  readonly ring: number;
  readonly replayFrames: 3 | 4;
}

interface KeptBatch {
  readonly seq: number;
  readonly topic: string;
  readonly payload: Uint8Array;
}

export class StreamPublisher {
  readonly #options: PublisherOptions;
  #pub: XPublisher;
  #router: Router;
  #events = "";
  #replay = "";
  #kept: KeptBatch[] = [];
  /** Topic prefixes that are subscribed to, with how many subscribers. */
  readonly #subscriptions = new Map<string, number>();
  #served: Promise<unknown> = Promise.resolve();
  #connections = 0;

  /** @throws UnavailableError KVP_E_ADDRESS_IN_USE, KVP_E_BIND. */
  static async open(options: PublisherOptions): Promise<StreamPublisher> {
    const publisher = new StreamPublisher(options);
    await publisher.#bind(
      `tcp://${options.host}:${options.port || "*"}`,
      `tcp://${options.host}:${options.replayPort || "*"}`,
    );
    return publisher;
  }

  private constructor(options: PublisherOptions) {
    this.#options = options;
    this.#pub = newPub();
    this.#router = newRouter();
  }

  get events(): string {
    return this.#events;
  }
  get replay(): string {
    return this.#replay;
  }
  /** Subscribers that get messages of this topic, now. */
  subscribers(topic: string): number {
    let count = 0;
    for (const [prefix, subscribers] of this.#subscriptions) if (topic.startsWith(prefix)) count += subscribers;
    return count;
  }
  /** Subscriptions that ever came in this life. */
  get connections(): number {
    return this.#connections;
  }

  async send(seq: number, topic: string, payload: Uint8Array): Promise<void> {
    await this.#pub.send(buildEventMessage(topic, seq, payload) as Uint8Array[]);
    this.#kept.push({ seq, topic, payload });
    if (this.#kept.length >= 2 * this.#options.ring) this.#kept = this.#kept.slice(-this.#options.ring);
  }

  /** A message as it is; no replay has it. */
  async sendFrames(frames: readonly Uint8Array[]): Promise<void> {
    await this.#pub.send(frames as Uint8Array[]);
  }

  /**
   * As a process that ends and comes back at the same place: connections break, nothing is kept.
   * @throws TimeoutError KVP_E_TIMEOUT when a port is not free again in time.
   */
  async restart(whileDown: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.close();
    await whileDown();
    this.#pub = newPub();
    this.#router = newRouter();
    this.#kept = [];
    this.#connections = 0;
    await this.#bind(this.#events, this.#replay, bindAgain);
  }

  async close(): Promise<void> {
    this.#pub.close();
    this.#router.close();
    await this.#served;
    this.#subscriptions.clear();
  }

  async #bind(events: string, replay: string, bind = bindTo): Promise<void> {
    await bind(this.#pub, events);
    await bind(this.#router, replay);
    this.#events = this.#pub.lastEndpoint as string;
    this.#replay = this.#router.lastEndpoint as string;
    this.#served = Promise.all([this.#watchSubscriptions(this.#pub), this.#serveReplays(this.#router)]);
  }

  async #watchSubscriptions(pub: XPublisher): Promise<void> {
    try {
      for await (const [message] of pub) {
        if (message === undefined) continue;
        const topic = message.subarray(1).toString();
        const change = message[0] === SUBSCRIBE ? 1 : -1;
        if (change > 0) this.#connections++;
        this.#subscriptions.set(topic, Math.max(0, (this.#subscriptions.get(topic) ?? 0) + change));
      }
    } catch (thrown) {
      if (!pub.closed) throw thrown;
    }
  }

  async #serveReplays(router: Router): Promise<void> {
    try {
      for await (const frames of router) await this.#answer(router, frames);
    } catch (thrown) {
      if (!router.closed) throw thrown;
    }
  }

  /** What vLLM ignores with a warning is ignored: requests of a wrong form. */
  async #answer(router: Router, frames: readonly Uint8Array[]): Promise<void> {
    let request: { readonly client: Uint8Array; readonly start: number };
    try {
      request = parseReplayRequest(frames);
    } catch (thrown) {
      if (thrown instanceof KvproofError) return;
      throw thrown;
    }
    const { replayFrames, ring } = this.#options;
    for (const batch of this.#kept.slice(-ring)) {
      if (batch.seq < request.start) continue;
      await router.send([request.client, ...buildReplayReply(replayFrames, batch.topic, batch)] as Uint8Array[]);
    }
    await router.send([request.client, ...buildReplayEnd(replayFrames)] as Uint8Array[]);
  }
}

function newPub(): XPublisher {
  const pub = new XPublisher({ sendHighWaterMark: SEND_HIGH_WATER_MARK, linger: LINGER_MS });
  pub.verbosity = "allSubsUnsubs";
  return pub;
}

/** No limit of its own: what a replay can bring is limited by the ring. */
function newRouter(): Router {
  return new Router({ sendHighWaterMark: 0, linger: LINGER_MS });
}

/** Each socket by itself: one that is bound already must not be bound once more. */
async function bindAgain(socket: XPublisher | Router, endpoint: string): Promise<void> {
  await waitFor(() => bindTo(socket, endpoint).then(() => true), {
    describe: `${endpoint} to be free again`,
    timeoutMs: REBIND_TIMEOUT_MS,
  });
}

async function bindTo(socket: XPublisher | Router, endpoint: string): Promise<void> {
  try {
    await socket.bind(endpoint);
  } catch (thrown) {
    const { code, message } = asError(thrown) as NodeJS.ErrnoException;
    const inUse = code === "EADDRINUSE";
    throw new UnavailableError(
      inUse ? "KVP_E_ADDRESS_IN_USE" : "KVP_E_BIND",
      `${endpoint} cannot be bound: ${message}`,
      { cause: thrown },
    );
  }
}
