/**
 * The 64 bytes that open a ZMTP connection (rfc.zeromq.org/spec/37, ZMTP 3.1):
 * signature ff 8×any 7f · version major minor · mechanism, 20 bytes zero-padded · as-server · 31 zeros.
 */
import { ProtocolError } from "../../base/errors.js";

export const GREETING_BYTES = 64;
const SIGNATURE_LAST = 9;
const MAJOR_AT = 10;
const MINOR_AT = 11;
const MECHANISM_AT = 12;
const MECHANISM_BYTES = 20;
const MAJOR = 3;
const MINOR = 1;

export interface Greeting {
  /** 3, or more from a peer that is ahead; both ends then speak the lower version. */
  readonly major: number;
  /** 0 (older libzmq) or 1 (4.3.5). Decides the form of subscriptions. */
  readonly minor: number;
}

/** Our greeting. `minor` 0 poses as a ZMTP 3.0 peer. Mechanism NULL. */
export function encodeGreeting(minor: 0 | 1 = MINOR): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[SIGNATURE_LAST] = 0x7f;
  bytes[MAJOR_AT] = MAJOR;
  bytes[MINOR_AT] = minor;
  bytes.set(new TextEncoder().encode("NULL"), MECHANISM_AT);
  return bytes;
}

/** Collects a greeting from chunks and fails at the first byte that cannot belong to one, so an HTTP server is told apart at once. */
export class GreetingReader {
  private readonly bytes = new Uint8Array(GREETING_BYTES);
  private length = 0;

  /**
   * The greeting, with what follows it in `chunk`; undefined while bytes are missing.
   * @throws ProtocolError KVP_E_ZMTP_GREETING (not ZMTP 3) or KVP_E_ZMTP_MECHANISM (not NULL).
   */
  push(chunk: Uint8Array): { readonly greeting: Greeting; readonly rest: Uint8Array } | undefined {
    const taken = chunk.subarray(0, GREETING_BYTES - this.length);
    this.bytes.set(taken, this.length);
    this.length += taken.length;
    this.checkSignature();
    if (this.length < GREETING_BYTES) return undefined;
    this.checkMechanism();
    const greeting = { major: this.bytes[MAJOR_AT] as number, minor: this.bytes[MINOR_AT] as number };
    return { greeting, rest: chunk.subarray(taken.length) };
  }

  private checkSignature(): void {
    const { bytes, length } = this;
    const signed =
      (length === 0 || bytes[0] === 0xff) &&
      (length <= SIGNATURE_LAST || ((bytes[SIGNATURE_LAST] as number) & 1) === 1);
    if (!signed) {
      const seen = Buffer.from(bytes.subarray(0, Math.min(length, 10))).toString("hex");
      throw new ProtocolError("KVP_E_ZMTP_GREETING", `the peer began with ${seen}, which is no ZMTP greeting`);
    }
    if (length > MAJOR_AT && (bytes[MAJOR_AT] as number) < MAJOR) {
      throw new ProtocolError("KVP_E_ZMTP_GREETING", `the peer speaks ZMTP ${bytes[MAJOR_AT]}, older than 3`);
    }
  }

  private checkMechanism(): void {
    const field = this.bytes.subarray(MECHANISM_AT, MECHANISM_AT + MECHANISM_BYTES);
    const mechanism = Buffer.from(field).toString("latin1").replace(/\0+$/, "");
    if (mechanism === "NULL") return;
    throw new ProtocolError("KVP_E_ZMTP_MECHANISM", `the peer wants ${JSON.stringify(mechanism)}, we speak NULL only`);
  }
}
