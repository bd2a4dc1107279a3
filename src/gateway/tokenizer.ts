/**
 * Turns text into the token ids that the engine will see, by asking an engine (`POST /tokenize`), for chat and completion
 * alike: a router that tokenises by itself, or differently per surface, matches prefixes that nobody holds. Answers are
 * kept, least recently used first out, up to a number of bytes.
 */
import { hash } from "node:crypto";
import { asError } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Engine } from "./fleet/engine.js";
import { upstreamFailure } from "./fleet/engine-http.js";
import { LIMITS } from "./limits.js";

export type TokenizerResult = "hit" | "miss" | "failed";

/** Bytes of bookkeeping per kept prompt besides its tokens: key, map entry, array header. */
const ENTRY_OVERHEAD_BYTES = 256;

export class Tokenizer {
  readonly #kept = new Map<string, Uint32Array>();
  readonly #running = new Map<string, Promise<Uint32Array | null>>();
  readonly #limitBytes: number;
  readonly #count: (result: TokenizerResult) => void;
  readonly #log: Logger;
  #bytes = 0;

  constructor(count: (result: TokenizerResult) => void, log: Logger, limitBytes: number = LIMITS.tokenizerCacheBytes) {
    this.#count = count;
    this.#log = log;
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }
  get entries(): number {
    return this.#kept.size;
  }

  /**
   * @param body of `POST /tokenize`; equal bodies are asked once. `engines`: whom to ask, in this order.
   * @returns null when no engine could say; the caller then routes by load. Never rejects.
   */
  async tokens(body: string, engines: readonly Engine[]): Promise<Uint32Array | null> {
    const key = hash("sha256", body, "base64");
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      this.#count("hit");
      return kept;
    }
    let running = this.#running.get(key);
    if (running) {
      this.#count("hit");
      return running;
    }
    running = this.#ask(body, engines).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    const tokens = await running;
    this.#count(tokens ? "miss" : "failed");
    if (tokens) this.#keep(key, tokens);
    return tokens;
  }

  async #ask(body: string, engines: readonly Engine[]): Promise<Uint32Array | null> {
    for (const engine of engines.slice(0, LIMITS.tokenizerAttempts)) {
      try {
        const answer = await engine.http.postJson("/tokenize", body, LIMITS.tokenizerTimeoutMs);
        const { tokens } = answer as { tokens?: unknown };
        if (Array.isArray(tokens) && tokens.every((token) => Number.isInteger(token) && token >= 0)) {
          return Uint32Array.from(tokens as number[]);
        }
        engine.log.warn({}, "/tokenize answered without a list of token ids; the prompt is routed by load");
      } catch (thrown) {
        const failure = upstreamFailure(thrown);
        engine.health.reportFailure(failure);
        this.#log.warn({ engine: engine.name, failure, error: asError(thrown).message }, "could not tokenise a prompt");
      }
    }
    return null;
  }

  #keep(key: string, tokens: Uint32Array): void {
    this.#kept.set(key, tokens);
    this.#bytes += cost(tokens);
    for (const [oldest, its] of this.#kept) {
      if (this.#bytes <= this.#limitBytes) break;
      this.#kept.delete(oldest);
      this.#bytes -= cost(its);
    }
  }
}

function cost(tokens: Uint32Array): number {
  return tokens.byteLength + ENTRY_OVERHEAD_BYTES;
}
