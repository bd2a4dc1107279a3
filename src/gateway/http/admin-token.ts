/** Guards the calls that change the fleet, when a token is set. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { KvproofError } from "../../base/errors.js";

export class AdminToken {
  readonly #expected: Buffer | null;

  /** null or "" = every caller may. */
  constructor(token: string | null) {
    this.#expected = token ? digest(`Bearer ${token}`) : null;
  }

  get isSet(): boolean {
    return this.#expected !== null;
  }
  /** @throws KvproofError KVP_E_UNAUTHORIZED */
  check(request: IncomingMessage): void {
    if (this.#expected === null) return;
    // Digests, so that neither content nor length of the token shows in the time the comparison takes.
    if (timingSafeEqual(this.#expected, digest(request.headers.authorization ?? ""))) return;
    throw new KvproofError("KVP_E_UNAUTHORIZED", "this call needs the admin token");
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
