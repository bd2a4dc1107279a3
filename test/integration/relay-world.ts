/** One publisher and one consumer, both real libzmq, with the relay between them. */
import { onTestFinished } from "vitest";
import { Dealer, Publisher, Router, Subscriber } from "zeromq";
import { waitFor } from "../../src/base/async.js";
import { Rng } from "../../src/base/rng.js";
import type { GateSpec } from "../../src/lab/local/relay/gate.js";
import { RelayHub } from "../../src/lab/local/relay/relay-hub.js";
import type { Disturbance, LinkAccount, LinkPortName } from "../../src/lab/links.js";
import {
  buildEventMessage,
  buildReplayEnd,
  buildReplayReply,
  buildReplayRequest,
  parseEventMessage,
  parseReplayReply,
} from "../../src/protocol/frames.js";

export const TOPIC = "kv@e@m";
const ENGINE = "m/1";
const ALL: readonly LinkPortName[] = ["events", "replay"];
const WAIT_MS = 10_000;

interface WorldOptions {
  readonly sendHighWaterMark?: number;
  readonly receiveHighWaterMark?: number;
}

export class RelayWorld {
  readonly burnt: number[] = [];
  /** Numbers and payloads as they arrived live. */
  readonly live: { readonly seq: number; readonly payload: Uint8Array }[] = [];
  /** Live messages that are no event messages. */
  broken = 0;
  readonly #hub = new RelayHub({
    rng: new Rng(1),
    nowMs: () => performance.now(),
    onBurnt: (_engine, _rank, seq) => this.burnt.push(seq),
    onNote: () => undefined,
  });
  readonly #pub: Publisher;
  readonly #router = new Router({ linger: 0 });
  #sub: Subscriber;
  #sent: { seq: number; payload: Uint8Array }[] = [];
  #addresses: readonly { host: string; port: number }[] = [];

  private constructor(options: WorldOptions) {
    this.#pub = new Publisher({ linger: 0, sendHighWaterMark: options.sendHighWaterMark ?? 100_000 });
    this.#sub = aSubscriber(options.receiveHighWaterMark ?? 0);
  }

  static async open(options: WorldOptions = {}): Promise<RelayWorld> {
    const world = new RelayWorld(options);
    await world.#pub.bind("tcp://127.0.0.1:*");
    await world.#router.bind("tcp://127.0.0.1:*");
    const target = (endpoint: string | null) => ({ host: "127.0.0.1", port: Number(endpoint?.split(":").at(-1)) });
    const listen = { host: "127.0.0.1", port: 0 };
    const gates: GateSpec[] = [
      { port: "events", rank: 0, listen, target: target(world.#pub.lastEndpoint) },
      { port: "replay", rank: 0, listen, target: target(world.#router.lastEndpoint) },
    ];
    world.#addresses = (await world.#hub.carryOut({ do: "expose", engine: ENGINE, epoch: 1, gates })) as readonly {
      host: string;
      port: number;
    }[];
    void world.#serveReplays();
    onTestFinished(() => world.#close());
    return world;
  }

  /** Connects the subscriber and waits until it hears the publisher. */
  async subscribe(read = true): Promise<void> {
    this.#sub.subscribe(TOPIC);
    this.#sub.connect(this.endpoint("events"));
    if (!read) return;
    void this.#read();
    await this.settle();
  }

  /** A new subscriber in place of the old one: libzmq never connects again after a protocol error. */
  async subscribeAnew(): Promise<void> {
    this.#sub.close();
    this.#sub = aSubscriber(0);
    await this.subscribe();
  }

  hangUp(): void {
    this.#sub.close();
  }

  endpoint(port: "events" | "replay"): string {
    const address = this.#addresses[port === "events" ? 0 : 1];
    return `tcp://${address?.host}:${address?.port}`;
  }

  begin(id: string, disturbance: Disturbance, ports = ALL, seed = 7): Promise<unknown> {
    return this.#hub.carryOut({ do: "begin", fault: id, engines: [ENGINE], ports: [...ports], seed, disturbance });
  }
  end(id: string): Promise<unknown> {
    return this.#hub.carryOut({ do: "end", fault: id });
  }
  async look(id: string): Promise<LinkAccount> {
    const [account] = (await this.#hub.carryOut({ do: "look", fault: id })) as LinkAccount[];
    if (account === undefined) throw new Error(`nothing lies under ${id}`);
    return account;
  }

  /** Publishes the next `count` numbers. */
  async publish(count: number, payloadBytes = 300): Promise<number[]> {
    const first = this.#sent.length;
    const batches = Array.from({ length: count }, (_, i) => ({
      seq: first + i,
      payload: Uint8Array.from({ length: payloadBytes }, (__, at) => (first + i + at) & 0x7f),
    }));
    this.#sent.push(...batches);
    for (const { seq, payload } of batches) await this.#pub.send(buildEventMessage(TOPIC, seq, payload));
    return batches.map(({ seq }) => seq);
  }

  payloadOf(seq: number): Uint8Array {
    return this.#sent[seq]?.payload ?? new Uint8Array(0);
  }
  liveSeqs(): number[] {
    return this.live.map(({ seq }) => seq);
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    await waitFor(condition, { describe: what, timeoutMs: WAIT_MS, intervalMs: 5 });
  }

  /** Publishes until something arrives live: the path is up. */
  async settle(): Promise<void> {
    const before = this.live.length;
    await this.until("a live batch", async () => {
      await this.publish(1);
      return this.live.length > before;
    });
  }

  /** All replies to one request within the time, in order of arrival; END is "end". */
  async replay(from: number, withinMs = 300): Promise<(number | "end")[]> {
    const dealer = new Dealer({ linger: 0, receiveTimeout: withinMs, receiveHighWaterMark: 0 });
    const replies: (number | "end")[] = [];
    try {
      dealer.connect(this.endpoint("replay"));
      await dealer.send(buildReplayRequest(from));
      for (;;) {
        const reply = parseReplayReply(await dealer.receive());
        replies.push(reply.kind === "end" ? "end" : reply.seq);
        if (reply.kind === "end") return replies;
      }
    } catch {
      return replies;
    } finally {
      dealer.close();
    }
  }

  /** Begins to read, of a subscriber that did not. */
  read(): void {
    void this.#read();
  }

  async #read(): Promise<void> {
    const sub = this.#sub;
    for await (const frames of sub) {
      if (sub !== this.#sub) return;
      try {
        this.live.push(parseEventMessage(frames));
      } catch {
        this.broken++;
      }
    }
  }

  async #serveReplays(): Promise<void> {
    for await (const [client, , start] of this.#router) {
      if (client === undefined || start === undefined) continue;
      const from = Number(Buffer.from(start).readBigUInt64BE());
      for (const batch of this.#sent.filter(({ seq }) => seq >= from))
        await this.#router.send([client, ...buildReplayReply(4, TOPIC, batch)]);
      await this.#router.send([client, ...buildReplayEnd(4)]);
    }
  }

  async #close(): Promise<void> {
    this.#sub.close();
    this.#pub.close();
    this.#router.close();
    await this.#hub.carryOut({ do: "withdraw", engine: ENGINE });
  }
}

function aSubscriber(receiveHighWaterMark: number): Subscriber {
  return new Subscriber({ linger: 0, receiveHighWaterMark, reconnectInterval: 20 });
}
