import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, fromHex, toHex } from "../test-events.js";
import { type Command, encodeError, encodePing, encodePong, encodeReady, parseCommand } from "./command.js";
import { FrameParser } from "./frame-parser.js";
import { areCompatible, requireCompatible } from "./socket-type.js";
import { encodeCancel, encodeSubscribe, parseSubscriptionMessage } from "./subscription.js";

const coded = (code: string): unknown => expect.objectContaining({ code });
const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** A frame through the parser: its body and whether it was a command. */
function unframed(frame: Uint8Array): { readonly body: Uint8Array; readonly command: boolean } {
  const seen: { body: Uint8Array; command: boolean }[] = [];
  new FrameParser({
    message: (body) => seen.push({ body, command: false }),
    command: (body) => seen.push({ body, command: true }),
  }).push(frame);
  const [first] = seen;
  if (first === undefined || seen.length !== 1) throw new Error(`${seen.length} frames`);
  return first;
}

function commandIn(frame: Uint8Array): Command {
  const { body, command } = unframed(frame);
  expect(command).toBe(true);
  return parseCommand(body);
}

describe("commands", () => {
  it("write READY as libzmq does", () => {
    const ready = encodeReady({ socketType: "SUB" });
    expect(toHex(ready)).toBe(`04190552454144590b${toHex(ascii("Socket-Type"))}00000003535542`);
  });

  it("come back as they were written", () => {
    const anyIdentity = fc.uint8Array({ maxLength: 255 });
    fc.assert(
      fc.property(fc.constantFrom("DEALER", "ROUTER"), anyIdentity, (socketType, identity) => {
        const read = commandIn(encodeReady({ socketType, identity }));
        expect(read).toEqual({ name: "READY", metadata: { socketType, identity } });
      }),
    );
    const context = fromHex("0102");
    expect(commandIn(encodePing(30_000, context))).toMatchObject({ name: "PING", ttlMs: 30_000 });
    expect(commandIn(encodePing(1))).toMatchObject({ ttlMs: 100 });
    expect(commandIn(encodePing(1e9))).toMatchObject({ ttlMs: 6_553_500 });
    expect(toHex(encodePong(context))).toBe("040704504f4e470102");
    expect(commandIn(encodeError("no"))).toEqual({ name: "ERROR", reason: "no" });
    expect(commandIn(encodeError("x".repeat(300)))).toEqual({ name: "ERROR", reason: "x".repeat(255) });
  });

  it("pass unknown commands and unknown READY properties", () => {
    expect(parseCommand(ascii("\x04JOIN"))).toEqual({ name: "OTHER", command: "JOIN" });
    const { body } = unframed(encodeReady({ socketType: "PUB" }));
    const more = Buffer.concat([body, ascii("\x08Resource\0\0\0\x01x")]);
    expect(parseCommand(more)).toEqual({ name: "READY", metadata: { socketType: "PUB" } });
  });

  it("read property names in any case, as the specification asks", () => {
    const body = ascii("\x05READY\x0bSOCKET-TYPE\0\0\0\x03PUB\x08identity\0\0\0\x01i");
    expect(parseCommand(body)).toEqual({ name: "READY", metadata: { socketType: "PUB", identity: ascii("i") } });
  });

  it.each([
    ["an empty command", ""],
    ["a name cut short", "\x05REA"],
    ["READY without a socket type", "\x05READY"],
    ["a property cut in its name", "\x05READY\x0bSock"],
    ["a property cut in its value", "\x05READY\x0bSocket-Type\0\0\0\x09PUB"],
    ["a property of 4 GiB", "\x05READY\x0bSocket-Type\xff\xff\xff\xffPUB"],
    ["PING without a time to live", "\x04PING\0"],
    ["PING with a context of 17 bytes", "\x04PING\0\x01aaaaaaaaaaaaaaaaa"],
    ["ERROR cut in its reason", "\x05ERROR\x09no"],
    ["65 properties", `\x05READY${"\x01x\0\0\0\0".repeat(65)}`],
  ])("refuse %s", (_, body) => {
    expect(() => parseCommand(ascii(body))).toThrow(coded("KVP_E_ZMTP_FRAME"));
  });

  it("survive any bytes", () => {
    const anyBody = fc.tuple(fc.constantFrom("READY", "ERROR", "PING", "PONG", "SUBSCRIBE", "X"), fc.uint8Array());
    fc.assert(
      fc.property(anyBody, ([name, data]) => {
        const body = Buffer.concat([Uint8Array.of(name.length), ascii(name), data]);
        expect([undefined, "KVP_E_ZMTP_FRAME"]).toContain(codeOf(() => parseCommand(body)));
      }),
    );
  });
});

describe("subscriptions", () => {
  const topic = ascii("kv@");

  it("are commands to a 3.1 peer", () => {
    expect(commandIn(encodeSubscribe(topic, { major: 3, minor: 1 }))).toEqual({ name: "SUBSCRIBE", topic });
    expect(commandIn(encodeCancel(topic, { major: 4, minor: 0 }))).toEqual({ name: "CANCEL", topic });
  });

  it("are messages to a 3.0 peer, which would drop a command it does not know", () => {
    const frame = encodeSubscribe(topic, { major: 3, minor: 0 });
    expect(toHex(frame)).toBe("0004016b7640");
    expect(parseSubscriptionMessage(unframed(frame).body)).toEqual({ name: "SUBSCRIBE", topic });
    const cancel = unframed(encodeCancel(new Uint8Array(0), { major: 3, minor: 0 })).body;
    expect(parseSubscriptionMessage(cancel)).toEqual({ name: "CANCEL", topic: new Uint8Array(0) });
    expect(parseSubscriptionMessage(ascii("x"))).toBeUndefined();
  });
});

describe("socket types", () => {
  it("let SUB meet PUB and XPUB, DEALER meet ROUTER, REP and DEALER, and no other", () => {
    const types = ["PAIR", "PUB", "XPUB", "SUB", "XSUB", "REQ", "REP", "DEALER", "ROUTER", "PUSH", "PULL", "?"];
    expect(types.filter((type) => areCompatible("SUB", type))).toEqual(["PUB", "XPUB"]);
    expect(types.filter((type) => areCompatible("DEALER", type))).toEqual(["REP", "DEALER", "ROUTER"]);
  });

  it("name both ends when the ports are swapped", () => {
    expect(() => requireCompatible("SUB", "ROUTER")).toThrow(/the peer is a ROUTER socket; a SUB talks to PUB, XPUB/);
    expect(() => requireCompatible("DEALER", "PUB")).toThrow(coded("KVP_E_ZMTP_FRAME"));
  });
});
