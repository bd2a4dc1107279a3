/** The properties that peers exchange in READY: name (1-byte length) · value (4-byte length), repeated. */
import { ProtocolError } from "../../base/errors.js";
import type { SocketType } from "./socket-type.js";

export interface PeerMetadata {
  /** As the peer sent it; see {@link SocketType} for those that exist. */
  readonly socketType: SocketType | (string & {});
  /** Routing id; empty = the peer chooses one. Sent by DEALER, REQ and ROUTER. */
  readonly identity?: Uint8Array;
}

const MAX_PROPERTIES = 64;
const MAX_IDENTITY_BYTES = 255;

export function encodeMetadata(metadata: PeerMetadata): Uint8Array {
  const properties = [property("Socket-Type", Buffer.from(metadata.socketType, "latin1"))];
  if (metadata.identity !== undefined) properties.push(property("Identity", metadata.identity));
  return Buffer.concat(properties);
}

function property(name: string, value: Uint8Array): Uint8Array {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(value.length);
  return Buffer.concat([Uint8Array.of(name.length), Buffer.from(name, "latin1"), size, value]);
}

/** Unknown properties are passed over. @throws ProtocolError KVP_E_ZMTP_FRAME when malformed or without Socket-Type. */
export function parseMetadata(bytes: Uint8Array): PeerMetadata {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let socketType: string | undefined;
  let identity: Uint8Array | undefined;
  let at = 0;
  for (let count = 0; at < data.length; count++) {
    if (count === MAX_PROPERTIES) throw invalid(`more than ${MAX_PROPERTIES} properties`);
    const nameEnd = at + 1 + (data[at] as number);
    if (nameEnd + 4 > data.length) throw invalid("a property ends early");
    const name = data.toString("latin1", at + 1, nameEnd).toLowerCase();
    const start = nameEnd + 4;
    at = start + data.readUInt32BE(nameEnd);
    if (at > data.length) throw invalid("a property ends early");
    if (name === "socket-type") socketType = data.toString("latin1", start, at);
    else if (name === "identity") identity = new Uint8Array(data.subarray(start, at));
  }
  if (socketType === undefined) throw invalid("Socket-Type is missing");
  if (identity === undefined) return { socketType };
  if (identity.length > MAX_IDENTITY_BYTES) throw invalid(`an identity has ${identity.length} bytes`);
  return { socketType, identity };
}

function invalid(message: string): ProtocolError {
  return new ProtocolError("KVP_E_ZMTP_FRAME", `READY is malformed: ${message}`);
}
