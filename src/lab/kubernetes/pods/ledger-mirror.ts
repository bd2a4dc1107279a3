/**
 * A copy, in the run directory, of the ledger that one life of an engine writes in its pod. It follows while the engine runs; what
 * a dead one left unread is brought by its keeper.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { request } from "undici";
import { delay, sharedAbort } from "../../../base/async.js";

export interface MirroredLedger {
  /** Lab port of the engine. */
  readonly url: string;
  readonly token: string;
  /** The copy. */
  readonly file: string;
  /** Added to its times. */
  readonly offsetNs: number;
}

const RETRY_MS = 100;
const CONNECT_MS = 5_000;
const NEWLINE = 0x0a;

export class LedgerMirror {
  /** Resolves when nothing more comes: true when the engine has ended the answer in order, and so sent all. */
  readonly ended: Promise<boolean>;
  readonly #from: MirroredLedger;
  readonly #stop = sharedAbort();
  #received = 0;
  /** Of a record whose end has not come yet. */
  #rest = Buffer.alloc(0);

  constructor(from: MirroredLedger) {
    this.#from = from;
    writeFileSync(from.file, "");
    this.ended = this.#follow();
  }

  /** Brings what is still missing, and writes no more after it. `tail` gives all bytes from an offset on. */
  async finish(tail: (fromByte: number) => Promise<Buffer>): Promise<void> {
    this.#stop.abort();
    await this.ended;
    this.#take(await tail(this.#received));
  }

  /** Without the rest. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }

  async #follow(): Promise<boolean> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const orderly = await this.#stream().catch(() => false);
      if (orderly) return true;
      // A connection that broke is made again, as long as somebody answers.
      await delay(RETRY_MS, signal);
      if (!signal.aborted && !(await this.#answers())) return false;
    }
    return false;
  }

  /** Resolves true when the engine ended the answer. */
  async #stream(): Promise<boolean> {
    const { url, token } = this.#from;
    const response = await request(`${url}/ledger?from=${this.#received}&follow=1`, {
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: CONNECT_MS,
      bodyTimeout: 0,
      signal: this.#stop.signal,
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      return false;
    }
    for await (const chunk of response.body as AsyncIterable<Buffer>) this.#take(chunk);
    return true;
  }

  async #answers(): Promise<boolean> {
    const { url, token } = this.#from;
    try {
      const headers = { authorization: `Bearer ${token}` };
      const response = await request(`${url}/lab`, { headers, headersTimeout: CONNECT_MS, bodyTimeout: CONNECT_MS });
      await response.body.dump();
      return true;
    } catch {
      return false;
    }
  }

  #take(chunk: Buffer): void {
    this.#received += chunk.length;
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    this.#rest = Buffer.from(all.subarray(end));
    if (end > 0) appendFileSync(this.#from.file, this.#inOurTime(all.subarray(0, end)));
  }

  #inOurTime(lines: Buffer): Buffer | string {
    const { offsetNs } = this.#from;
    return offsetNs === 0 ? lines : shiftTimes(lines.toString("utf8"), offsetNs);
  }
}

/** Ledger lines with `at_ns` moved. */
export function shiftTimes(lines: string, offsetNs: number): string {
  return lines.replaceAll(/"at_ns":(\d+)/g, (_, at: string) => `"at_ns":${Number(at) + offsetNs}`);
}
