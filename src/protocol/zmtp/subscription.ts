/**
 * Subscriptions in the two forms of the protocol: ZMTP 3.1 has commands, ZMTP 3.0 uses messages that begin with 1 or 0.
 * libzmq 4.3.5 publishers take both forms, older ones the message form alone.
 */
import { encodeCommand } from "./command.js";
import { encodeMessage } from "./frame.js";
import type { Greeting } from "./greeting.js";

const SUBSCRIBE = 1;
const CANCEL = 0;

/** Asks `peer` for messages whose topic begins with `prefix`; empty = all. */
export function encodeSubscribe(prefix: Uint8Array, peer: Greeting): Uint8Array {
  return hasCommands(peer) ? encodeCommand("SUBSCRIBE", prefix) : messageForm(SUBSCRIBE, prefix);
}

export function encodeCancel(prefix: Uint8Array, peer: Greeting): Uint8Array {
  return hasCommands(peer) ? encodeCommand("CANCEL", prefix) : messageForm(CANCEL, prefix);
}

/** Reads the message form, as a publisher receives it; undefined for other messages. */
export function parseSubscriptionMessage(
  frame: Uint8Array,
): { readonly name: "SUBSCRIBE" | "CANCEL"; readonly topic: Uint8Array } | undefined {
  if (frame[0] === SUBSCRIBE) return { name: "SUBSCRIBE", topic: frame.subarray(1) };
  return frame[0] === CANCEL ? { name: "CANCEL", topic: frame.subarray(1) } : undefined;
}

function hasCommands(peer: Greeting): boolean {
  return peer.major > 3 || peer.minor >= 1;
}

function messageForm(kind: number, prefix: Uint8Array): Uint8Array {
  return encodeMessage([Buffer.concat([Uint8Array.of(kind), prefix])]);
}
