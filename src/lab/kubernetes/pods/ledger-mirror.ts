/**
 * A copy, in the run directory, of the ledger that one life of an engine writes in its pod. It follows while the engine runs; what
 * a dead one left unread is brought by its keeper.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { request } from "undici";
import { deferred, delay, sharedAbort } from "../../../base/async.js";
import { requestWithin } from "../../request-within.js";

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
const MAX_RETRY_MS = 1_000;
const CATCH_UPS = 3;
const CONNECT_MS = 5_000;
const NEWLINE = 0x0a;

export class LedgerMirror {
  /** Resolves true when the engine has ended the answer in order, and so sent all; false when it was lost from sight first. */
  readonly ended: Promise<boolean>;
  readonly #from: MirroredLedger;
  readonly #stop = sharedAbort();
  readonly #following: Promise<void>;
  #received = 0;
  /** Of a record whose end has not come yet. */
  #rest = Buffer.alloc(0);

  constructor(from: MirroredLedger) {
    this.#from = from;
    writeFileSync(from.file, "");
    const ended = deferred<boolean>();
    this.ended = ended.promise;
    this.#following = this.#follow((orderly) => ended.resolve(orderly));
  }

  /** Brings what is still missing, and writes no more after it. `tail` gives all bytes from an offset on. */
  async finish(tail: (fromByte: number) => Promise<Buffer>): Promise<void> {
    await this.abandon();
    this.#take(await tail(this.#received));
  }

  /** Without the rest. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** Asks an engine that still runs for what it wrote until now, and writes no more after it. False when it does not answer. */
  async catchUp(): Promise<boolean> {
    await this.abandon();
    for (let attempt = 0; attempt < CATCH_UPS; attempt++) {
      if (await this.#stream(false).catch(() => false)) return true;
      await delay(RETRY_MS);
    }
    return false;
  }

  /** A connection that broke is made again: the way to an engine may be away for a while, such as an API server that restarts. */
  async #follow(onEnded: (orderly: boolean) => void): Promise<void> {
    const { signal } = this.#stop;
    let pause = RETRY_MS;
    while (!signal.aborted) {
      if (await this.#stream(true).catch(() => false)) return onEnded(true);
      await delay(pause, signal);
      const answers = !signal.aborted && (await this.#answers());
      pause = answers ? RETRY_MS : Math.min(MAX_RETRY_MS, pause * 2);
      if (!answers) onEnded(false);
    }
    onEnded(false);
  }

  /** Resolves true when the engine ended the answer. */
  async #stream(follow: boolean): Promise<boolean> {
    const { url, token } = this.#from;
    const response = await request(`${url}/ledger?from=${this.#received}${follow ? "&follow=1" : ""}`, {
      headers: { authorization: `Bearer ${token}` },
      headersTimeout: CONNECT_MS,
      bodyTimeout: follow ? 0 : CONNECT_MS,
      ...(follow ? { signal: this.#stop.signal } : {}),
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
      await requestWithin(`${url}/lab`, { headers, withinMs: CONNECT_MS });
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
