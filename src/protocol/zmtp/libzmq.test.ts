/** Our ZMTP bytes against libzmq 4.3.5, over loopback. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Publisher, Router, type Socket as ZmqSocket } from "zeromq";
import { afterEach, describe, expect, it } from "vitest";
import { waitFor } from "../../base/async.js";
import { buildReplayRequest } from "../frames.js";
import { toHex } from "../test-events.js";
import { type Command, encodePing, encodeReady, parseCommand } from "./command.js";
import { encodeMessage } from "./frame.js";
import { FrameParser } from "./frame-parser.js";
import { encodeGreeting, type Greeting, GreetingReader } from "./greeting.js";
import { requireCompatible, type SocketType } from "./socket-type.js";
import { encodeCancel, encodeSubscribe } from "./subscription.js";

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const soon = (condition: () => boolean | Promise<boolean>, describe: string): Promise<boolean> =>
  waitFor(condition, { describe, timeoutMs: 5000, intervalMs: 5 });
const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** A raw connection that has shaken hands with libzmq. */
class Peer {
  readonly messages: string[][] = [];
  readonly commands: Command[] = [];
  greeting: Greeting | undefined;
  private frames: string[] = [];

  private constructor(readonly socket: Socket) {}

  static async connect(endpoint: string, socketType: SocketType, minor: 0 | 1): Promise<Peer> {
    const socket = connect({ host: "127.0.0.1", port: Number(endpoint.split(":").at(-1)) });
    cleanups.push(() => socket.destroy());
    const peer = new Peer(socket);
    await once(socket, "connect");
    peer.listen();
    socket.write(encodeGreeting(minor));
    await soon(() => peer.greeting !== undefined, "libzmq's greeting");
    socket.write(encodeReady({ socketType, identity: new Uint8Array(0) }));
    await soon(() => peer.commands.length > 0, "libzmq's READY");
    return peer;
  }

  private listen(): void {
    const greetings = new GreetingReader();
    const parser = new FrameParser({
      command: (body) => this.commands.push(parseCommand(body)),
      message: (payload, more) => {
        this.frames.push(toHex(payload));
        if (!more) this.messages.push(this.frames.splice(0));
      },
    });
    this.socket.on("data", (chunk: Buffer) => {
      if (this.greeting !== undefined) return parser.push(chunk);
      const read = greetings.push(chunk);
      if (read === undefined) return;
      this.greeting = read.greeting;
      parser.push(read.rest);
    });
  }
}

async function bound<T extends ZmqSocket>(socket: T): Promise<{ socket: T; endpoint: string }> {
  await socket.bind("tcp://127.0.0.1:0");
  cleanups.push(() => socket.close());
  const endpoint = socket.lastEndpoint;
  if (endpoint === null) throw new Error("no endpoint");
  return { socket, endpoint };
}

describe.each([0, 1] as const)("as a ZMTP 3.%i peer of libzmq", (minor) => {
  it("subscribes, receives what matches, and unsubscribes", async () => {
    const { socket: publisher, endpoint } = await bound(new Publisher());
    const peer = await Peer.connect(endpoint, "SUB", minor);
    const [ready] = peer.commands;
    expect(ready).toMatchObject({ name: "READY", metadata: { socketType: "PUB" } });
    requireCompatible("SUB", "PUB");
    const form = { major: 3, minor };
    const large = "ab".repeat(70_000);
    peer.socket.write(encodeSubscribe(ascii("kv@a"), form));
    await soon(async () => {
      await publisher.send([ascii("kv@b"), ascii("other")]);
      await publisher.send([ascii("kv@a"), new Uint8Array(0), Buffer.from(large, "hex")]);
      return peer.messages.length > 0;
    }, "a message on the topic");
    expect(new Set(peer.messages.map((frames) => frames.join()))).toEqual(new Set([`6b764061,,${large}`]));

    const endTopic = toHex(ascii("end"));
    peer.socket.write(encodeSubscribe(ascii("end"), form));
    peer.socket.write(encodeCancel(ascii("kv@a"), form));
    await soon(async () => {
      await publisher.send([ascii("kv@a"), ascii("x")]);
      await publisher.send([ascii("end")]);
      const [one, two] = peer.messages.slice(-2);
      return one?.[0] === endTopic && two?.[0] === endTopic;
    }, "silence on the cancelled topic");
  });

  it("sends a replay request that a ROUTER reads as three frames, and reads the reply", async () => {
    const { socket: router, endpoint } = await bound(new Router());
    const peer = await Peer.connect(endpoint, "DEALER", minor);
    peer.socket.write(encodeMessage(buildReplayRequest(5)));
    const [client, delimiter, start] = await router.receive();
    expect([delimiter?.length, toHex(start ?? ascii(""))]).toEqual([0, "0000000000000005"]);
    await router.send([client ?? "", "", "topic"]);
    await soon(() => peer.messages.length > 0, "the reply");
    expect(peer.messages).toEqual([["", toHex(ascii("topic"))]]);
  });
});

describe("heartbeats", () => {
  it("are answered by libzmq with our context", async () => {
    const { endpoint } = await bound(new Publisher());
    const peer = await Peer.connect(endpoint, "SUB", 1);
    peer.socket.write(encodePing(10_000, ascii("beat")));
    await soon(() => peer.commands.some(({ name }) => name === "PONG"), "a PONG");
    const pong = peer.commands.find((command) => command.name === "PONG");
    expect(toHex(pong?.context ?? ascii(""))).toBe(toHex(ascii("beat")));
  });
});
