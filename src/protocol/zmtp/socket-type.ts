/** Which sockets may talk to each other (rfc.zeromq.org/spec/37, "Socket Type Compatibility"). */
import { ProtocolError } from "../../base/errors.js";

const PEERS = {
  PAIR: ["PAIR"],
  PUB: ["SUB", "XSUB"],
  XPUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  XSUB: ["PUB", "XPUB"],
  REQ: ["REP", "ROUTER"],
  REP: ["REQ", "DEALER"],
  DEALER: ["REP", "DEALER", "ROUTER"],
  ROUTER: ["REQ", "DEALER", "ROUTER"],
  PUSH: ["PULL"],
  PULL: ["PUSH"],
} as const satisfies Record<string, readonly string[]>;

export type SocketType = keyof typeof PEERS;

export function areCompatible(ours: SocketType, theirs: string): boolean {
  const peers: readonly string[] = PEERS[ours];
  return peers.includes(theirs);
}

/** @throws ProtocolError KVP_E_ZMTP_FRAME when the peer is a socket that ours cannot talk to, as when ports are swapped. */
export function requireCompatible(ours: SocketType, theirs: string): void {
  if (areCompatible(ours, theirs)) return;
  throw new ProtocolError(
    "KVP_E_ZMTP_FRAME",
    `the peer is a ${theirs} socket; a ${ours} talks to ${PEERS[ours].join(", ")}`,
  );
}
