/** What a broken link or a wrong peer does to a follower: it notices, says so, and recovers without losing the truth. */
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Publisher, Router, curveKeyPair } from "zeromq";
import { waitFor } from "../../src/base/async.js";
import { Rng } from "../../src/base/rng.js";
import type { FollowerOptions } from "../../src/gateway/stream-follower.js";
import { encodeSeq } from "../../src/protocol/frames.js";
import { encodeReady } from "../../src/protocol/zmtp/command.js";
import { encodeMessage } from "../../src/protocol/zmtp/frame.js";
import { encodeGreeting } from "../../src/protocol/zmtp/greeting.js";
import { Link, scriptedPeer } from "./transport-link.js";
import { type Following, follow, TestPublisher } from "./transport-publisher.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Faults are noticed within 200 ms here, so that tests are quick. */
const QUICK = {
  heartbeatIntervalMs: 50,
  heartbeatTimeoutMs: 200,
  connectTimeoutMs: 300,
  reconnectMaxMs: 100,
  leaseMs: 200,
};

async function aPublisher(): Promise<TestPublisher> {
  const publisher = await TestPublisher.start();
  cleanups.push(() => publisher.close());
  return publisher;
}

async function aLink(target: string): Promise<Link> {
  const link = await Link.to(target);
  cleanups.push(() => link.close());
  return link;
}

async function aPeer(script: (socket: Socket) => void): ReturnType<typeof scriptedPeer> {
  const peer = await scriptedPeer(script);
  cleanups.push(() => peer.close());
  return peer;
}

function aFollower(target: Parameters<typeof follow>[0], options: Partial<FollowerOptions> = {}): Following {
  const following = follow(target, { ...QUICK, ...options });
  cleanups.push(() => following.follower.stop());
  return following;
}

const until = (describe: string, condition: () => boolean | Promise<boolean>): Promise<boolean> =>
  waitFor(condition, { describe, timeoutMs: 10_000, intervalMs: 5 });

const text = (value: string): Buffer => Buffer.from(value);
const count = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`);

async function publish(publisher: TestPublisher, from: number, to: number): Promise<void> {
  for (const value of count(from, to)) await publisher.publish(text(value));
}

describe("a link that breaks", () => {
  it("is read whole however the bytes are cut into pieces", async () => {
    const publisher = await aPublisher();
    const link = await aLink(publisher.events);
    const replay = await aLink(publisher.replay);
    const rng = new Rng(5);
    link.pieces = replay.pieces = () => rng.int(1, 40);
    await publish(publisher, 0, 100);
    const { follower, sink } = aFollower({ events: link.endpoint, replay: replay.endpoint });
    await publisher.publish(Buffer.alloc(3000, 1));
    await publish(publisher, 101, 600);
    await until("all batches", () => sink.applied.length === 600);
    expect(sink.applied.map((bytes) => (bytes.length === 3000 ? "100" : String(bytes)))).toEqual(count(0, 600));
    expect(follower.status()).toMatchObject({ purges: 0, reconnects: 0 });
  });

  it("that was cut is made again, and what was known is kept because the publisher proves to be the same", async () => {
    const publisher = await aPublisher();
    const link = await aLink(publisher.events);
    const { follower, sink } = aFollower({ events: link.endpoint, replay: publisher.replay });
    await publish(publisher, 0, 10);
    await until("ten batches", () => sink.applied.length === 10);
    link.cut();
    await publish(publisher, 10, 15);
    await until("the five published meanwhile", () => sink.applied.length === 15 && follower.status().state === "live");
    expect(follower.status()).toMatchObject({ reconnects: 1, purges: 0, lives: 1, state: "live" });
  });

  it("A-HALFOPEN: that falls silent without a reset is noticed, loses its credit, and recovers", async () => {
    const publisher = await aPublisher();
    const link = await aLink(publisher.events);
    const { follower, sink } = aFollower({ events: link.endpoint, replay: publisher.replay });
    await publish(publisher, 0, 3);
    await until("three batches", () => sink.applied.length === 3);
    link.freeze();
    await until("the silence to be noticed", () => follower.status().state === "stale");
    await until("the lease to end", () => follower.status().credit === 0);
    await publish(publisher, 3, 6);
    link.thaw();
    await until("what was missed", () => sink.applied.length === 6 && follower.status().state === "live");
    expect(follower.status()).toMatchObject({ state: "live", credit: 1, purges: 0 });
  });

  it("stays up while the publisher has nothing to say: PINGs are answered", async () => {
    const publisher = await aPublisher();
    const { follower } = aFollower(publisher);
    await until("the stream to be live", () => follower.status().state === "live");
    const since = follower.status().lastHeardNs;
    await until("five heartbeat timeouts of silence", () => follower.status().lastHeardNs - since > 5 * 200e6);
    expect(follower.status()).toMatchObject({ connected: true, reconnects: 0 });
  });

  it("stays up when the publisher speaks steadily after a silence, which makes PINGs unnecessary", async () => {
    const publisher = await aPublisher();
    const { follower, sink } = aFollower(publisher);
    await until("the stream to be live", () => follower.status().state === "live");
    const since = follower.status().lastHeardNs;
    await until("a PING and its answer", () => follower.status().lastHeardNs > since);
    let published = 0;
    await until("three heartbeat timeouts of steady batches", async () => {
      await publisher.publish(text(`${published++}`));
      return follower.status().lastHeardNs - since > 3 * 200e6;
    });
    await until("all batches", () => sink.applied.length === published);
    expect(follower.status()).toMatchObject({ connected: true, reconnects: 0 });
  });
});

describe("a peer that is no publisher", () => {
  const lastError = ({ follower }: Following): string => follower.status().lastError ?? "";

  it("accepts and says nothing: the attempt ends in time and is repeated", async () => {
    let accepted = 0;
    const peer = await aPeer(() => accepted++);
    const following = aFollower({ events: peer.endpoint, replay: null });
    await until("a third attempt", () => accepted >= 3);
    expect(lastError(following)).toMatch(/waited 300 ms for a connection and a ZMTP greeting/);
    expect(following.follower.status()).toMatchObject({ state: "cold", connected: false, credit: 0 });
  });

  it("greets and stalls in the handshake: the attempt ends in time", async () => {
    const peer = await aPeer((socket) => socket.write(encodeGreeting()));
    const following = aFollower({ events: peer.endpoint, replay: null });
    await until("the error", () => lastError(following).includes("READY"));
    expect(following.follower.status().connected).toBe(false);
  });

  it("waits for our whole greeting before it sends its own: it gets it", async () => {
    const peer = await aPeer((socket) => {
      let heard = 0;
      socket.on("data", (bytes: Buffer) => {
        heard += bytes.length;
        if (heard === 64) socket.write(Buffer.concat([encodeGreeting(), encodeReady({ socketType: "XPUB" })]));
      });
    });
    const { follower } = aFollower({ events: peer.endpoint, replay: null });
    await until("the handshake", () => follower.status().connected);
    expect(follower.status().lastError).toBeNull();
  });

  it.each([
    ["speaks HTTP", (socket: Socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"), /no ZMTP greeting/],
    ["closes at once", (socket: Socket) => socket.destroy(), /closed|ECONNRESET/],
    ["sends random bytes", (socket: Socket) => socket.write(Buffer.alloc(4096, 0x3c)), /no ZMTP greeting/],
  ])("%s: the error says so", async (_, script, expected) => {
    const peer = await aPeer(script);
    const following = aFollower({ events: peer.endpoint, replay: null });
    await until("the error", () => lastError(following) !== "");
    expect(lastError(following)).toMatch(expected);
  });

  it("asks for CURVE: refused by name, since we speak NULL only", async () => {
    const publisher = new Publisher({ linger: 0, curveServer: true, curveSecretKey: curveKeyPair().secretKey });
    cleanups.push(() => publisher.close());
    await publisher.bind("tcp://127.0.0.1:*");
    const following = aFollower({ events: publisher.lastEndpoint as string, replay: null });
    await until("the error", () => lastError(following) !== "");
    expect(lastError(following)).toBe('the peer wants "CURVE", we speak NULL only');
  });

  it("is the replay port: swapped ports are named as such", async () => {
    const publisher = await aPublisher();
    const following = aFollower({ events: publisher.replay, replay: publisher.events });
    // libzmq hangs up on us too, and which comes first is chance; it is tried again until both have been seen.
    await until("the error that names it", () => lastError(following).includes("ROUTER"));
    expect(following.follower.status().connected).toBe(false);
  });

  it("is nobody: refused connections are repeated until someone listens", async () => {
    const first = await TestPublisher.start();
    const { events, replay } = first;
    await first.close();
    const following = aFollower({ events, replay });
    await until("the error", () => lastError(following).includes("ECONNREFUSED"));
    const second = await TestPublisher.start({ events, replay });
    cleanups.push(() => second.close());
    await second.publish(text("here"));
    await until("the batch", () => following.sink.applied.length === 1);
    expect(following.follower.status()).toMatchObject({ connected: true, appliedBatches: 1 });
  });
});

describe("a publisher that breaks the protocol", () => {
  const hello = (socket: Socket, minor: 0 | 1 = 1): void => {
    socket.write(encodeGreeting(minor));
    socket.write(encodeReady({ socketType: "PUB" }));
  };
  const batch = (seq: number): Uint8Array => encodeMessage([text("t"), encodeSeq(seq), text(`${seq}`)]);

  it("with a frame of reserved flags loses its connection and gets a new one", async () => {
    let accepted = 0;
    const peer = await aPeer((socket) => {
      hello(socket);
      if (accepted++ === 0) socket.write(Buffer.concat([batch(0), Buffer.from([0xff, 1, 1])]));
    });
    const { follower } = aFollower({ events: peer.endpoint, replay: null });
    await until("the second connection", () => follower.status().reconnects === 1);
    expect(follower.status().lastError).toMatch(/reserved flags/);
  });

  it("that announces a frame of 2^40 bytes costs no memory", async () => {
    const peer = await aPeer((socket) => {
      hello(socket);
      socket.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0, 0]));
    });
    const { follower } = aFollower({ events: peer.endpoint, replay: null });
    await until("the error", () => follower.status().lastError !== null);
    expect(follower.status().lastError).toMatch(/maxFrameBytes/);
  });

  it("that stalls in the middle of a frame is noticed by the heartbeat", async () => {
    const peer = await aPeer((socket) => {
      hello(socket);
      socket.write(Buffer.concat([batch(0), Buffer.from([1, 200, 7])]));
    });
    const { follower, sink } = aFollower({ events: peer.endpoint, replay: null });
    await until("the stall to be noticed", () => (follower.status().lastError ?? "").includes("heard nothing"));
    expect(sink.purges + sink.applied.length).toBeGreaterThan(0);
  });

  it("of ZMTP 3.0 gets its subscription as a message, and no PING", async () => {
    const heard: Buffer[] = [];
    const peer = await aPeer((socket) => {
      socket.on("data", (bytes: Buffer) => heard.push(bytes));
      hello(socket, 0);
      socket.write(batch(0));
    });
    const { follower, sink } = aFollower({ events: peer.endpoint, replay: null, topic: "t" });
    await until("the batch", () => sink.applied.length === 1);
    await until("the subscription", () => Buffer.concat(heard).includes(Buffer.from([0, 2, 1, 0x74])));
    const [socket] = peer.sockets;
    await until("some heartbeats' time", () => follower.status().connected && socket !== undefined);
    socket?.write(batch(1));
    await until("the next batch", () => sink.applied.length === 2);
    expect(Buffer.concat(heard).includes("PING")).toBe(false);
  });

  it("whose replay port is a black hole is followed live, as partial, and healed when replay answers", async () => {
    const publisher = await aPublisher();
    await publish(publisher, 0, 5);
    const replay = await aLink(publisher.replay);
    replay.freeze();
    const quick = {
      replayInactivityMs: 100,
      replayAttemptsMax: 1,
      retryMinMs: 10,
      rebuildMinMs: 100,
      rebuildMaxMs: 200,
    };
    const { follower, sink } = aFollower({ events: publisher.events, replay: replay.endpoint }, quick);
    await until("the follower to give up", () => follower.status().state === "partial");
    await publish(publisher, 5, 7);
    await until("the live batches", () => sink.applied.length === 2);
    replay.thaw();
    await until("the whole life", () => sink.applied.length === 7 && follower.status().state === "live");
    expect(follower.status()).toMatchObject({ state: "live", credit: 1 });
    expect(sink.applied.map(String)).toEqual(count(0, 7));
  });

  it("whose replay port takes requests and answers heartbeats, but never a request, is not waited for", async () => {
    const publisher = await aPublisher();
    await publish(publisher, 0, 5);
    const deaf = new Router({ linger: 0 });
    await deaf.bind("tcp://127.0.0.1:*");
    cleanups.push(() => deaf.close());
    const quick = { replayInactivityMs: 200, replayAttemptsMax: 1, retryMinMs: 10 };
    const { follower } = aFollower({ events: publisher.events, replay: deaf.lastEndpoint as string }, quick);
    await until("the follower to give up", () => follower.status().state === "partial");
    expect(follower.status().replayFailures).toBeGreaterThan(0);
  });

  it("stopping a follower in the middle of everything leaves no socket and calls the sink no more", async () => {
    const publisher = await aPublisher();
    const link = await aLink(publisher.events);
    await publish(publisher, 0, 2000);
    const { follower, sink } = aFollower({ events: link.endpoint, replay: publisher.replay });
    await until("some batches", () => sink.applied.length > 0);
    await follower.stop();
    const applied = sink.applied.length;
    await publish(publisher, 2000, 2010);
    await until("the link to be closed", () => link.connections > 0 && follower.status().appliedBatches === applied);
    expect(sink.applied.length).toBe(applied);
  });
});
