/** ZMTP commands: name (1-byte length) · data. READY, ERROR, SUBSCRIBE, CANCEL, PING, PONG; others are kept by name. */
import { ProtocolError } from "../../base/errors.js";
import { encodeCommandFrame } from "./frame.js";
import { encodeMetadata, parseMetadata, type PeerMetadata } from "./metadata.js";

export type Command =
  | { readonly name: "READY"; readonly metadata: PeerMetadata }
  | { readonly name: "ERROR"; readonly reason: string }
  | { readonly name: "SUBSCRIBE" | "CANCEL"; readonly topic: Uint8Array }
  /** The peer closes the link when it hears nothing for `ttlMs` (0 = never). */
  | { readonly name: "PING"; readonly ttlMs: number; readonly context: Uint8Array }
  | { readonly name: "PONG"; readonly context: Uint8Array }
  | { readonly name: "OTHER"; readonly command: string };

const MAX_PING_CONTEXT_BYTES = 16;
const MS_PER_TTL = 100;
const MAX_TTL = 0xffff;
const MAX_REASON_BYTES = 255;

/** Reads the body of a command frame. @throws ProtocolError KVP_E_ZMTP_FRAME when it contradicts itself. */
export function parseCommand(body: Uint8Array): Command {
  const nameLength = body[0] ?? 0;
  if (nameLength === 0 || body.length < 1 + nameLength) throw invalid("a command lacks its name");
  const name = latin1(body.subarray(1, 1 + nameLength));
  const data = body.subarray(1 + nameLength);
  switch (name) {
    case "READY":
      return { name, metadata: parseMetadata(data) };
    case "ERROR":
      return { name, reason: parseReason(data) };
    case "SUBSCRIBE":
    case "CANCEL":
      return { name, topic: data };
    case "PING":
      return parsePing(data);
    case "PONG":
      return { name, context: data };
    default:
      return { name: "OTHER", command: name };
  }
}

export function encodeReady(metadata: PeerMetadata): Uint8Array {
  return encodeCommand("READY", encodeMetadata(metadata));
}

/** Tells the peer why its handshake fails; `reason` is cut at 255 bytes. */
export function encodeError(reason: string): Uint8Array {
  const text = Buffer.from(reason, "latin1").subarray(0, MAX_REASON_BYTES);
  return encodeCommand("ERROR", Buffer.concat([Uint8Array.of(text.length), text]));
}

/** @param ttlMs rounded up to tenths of a second; at most 6,553,500 */
export function encodePing(ttlMs: number, context: Uint8Array = new Uint8Array(0)): Uint8Array {
  const ttl = Math.min(MAX_TTL, Math.ceil(ttlMs / MS_PER_TTL));
  return encodeCommand("PING", Buffer.concat([Uint8Array.of(ttl >>> 8, ttl & 0xff), context]));
}

/** The answer to a PING, with its context. */
export function encodePong(context: Uint8Array): Uint8Array {
  return encodeCommand("PONG", context);
}

/** A whole command frame. */
export function encodeCommand(name: string, data: Uint8Array): Uint8Array {
  return encodeCommandFrame(Buffer.concat([Uint8Array.of(name.length), Buffer.from(name, "latin1"), data]));
}

function parsePing(data: Uint8Array): Command {
  const [high, low] = data;
  if (high === undefined || low === undefined) throw invalid("a PING lacks its time to live");
  const context = data.subarray(2);
  if (context.length > MAX_PING_CONTEXT_BYTES) throw invalid(`a PING context has ${context.length} bytes`);
  return { name: "PING", ttlMs: ((high << 8) | low) * MS_PER_TTL, context };
}

function parseReason(data: Uint8Array): string {
  const length = data[0] ?? 0;
  if (data.length < 1 + length) throw invalid("an ERROR ends within its reason");
  return latin1(data.subarray(1, 1 + length));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function invalid(message: string): ProtocolError {
  return new ProtocolError("KVP_E_ZMTP_FRAME", message);
}
