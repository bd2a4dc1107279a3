/**
 * Requests and replies of the driver protocol over a program's standard input and output: newline-delimited JSON, any number
 * outstanding, any order. Whatever breaks the protocol ends the run at once, with what was seen; nothing waits without a limit.
 */
import { z } from "zod";
import { delay } from "../../base/async.js";
import { type Clock, NS_PER_MS } from "../../base/clock.js";
import { type ErrorCode, KvproofError, UnavailableError } from "../../base/errors.js";
import type { SutPipes } from "../ports.js";
import { shapeProblem } from "../shape-problem.js";
import { LineReader, MAX_LINE_BYTES } from "./line-reader.js";

/** Requests without a reply at the same time; a driver that is this far behind does not keep up. */
const MAX_OUTSTANDING = 4096;
/** Requests that were given up without being the driver's fault, whose late replies are welcome. */
const MAX_GIVEN_UP = 65_536;
/** Questions in a row that were all answered with an error. */
const MAX_ERRORS_IN_A_ROW = 50;
/** From `stop` to the end of the process. */
const STOP_TIMEOUT_MS = 5_000;
/** A program whose output ends is about to end itself; one that does not is of no use either. */
const END_OF_OUTPUT_MS = 1_000;
const QUOTED_CHARACTERS = 200;

const reply = z
  .object({ id: z.int(), result: z.unknown().optional(), error: z.object({ message: z.string() }).nullish() })
  .refine(({ result, error }) => (result !== undefined && result !== null) !== Boolean(error), {
    error: "must have either a result or an error",
  });

interface Outstanding {
  readonly method: string;
  readonly sentAt: number;
  readonly timer: NodeJS.Timeout;
  resolve(result: unknown): void;
  reject(error: KvproofError): void;
}

export interface StdioClientOptions {
  /** Longest time for a reply. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export class StdioClient {
  /** As it calls itself, once it has said so. */
  name = "the system under test";
  readonly #pipes: SutPipes;
  readonly #options: StdioClientOptions;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #givenUp = new Set<number>();
  readonly #reader: LineReader;
  #nextId = 1;
  #lines = 0;
  #errorsInARow = 0;
  #over: KvproofError | null = null;

  constructor(pipes: SutPipes, options: StdioClientOptions) {
    this.#pipes = pipes;
    this.#options = options;
    this.#reader = new LineReader(pipes.output, {
      line: (text) => this.#line(text),
      problem: (what) => this.#broke(what),
      end: () => void this.#outputEnded(),
    });
    // Writing to a program that is gone: its end is told by `exited`.
    pipes.input.on("error", () => undefined);
    void pipes.exited.then((how) => this.#end(this.#error("KVP_E_SUT_EXITED", `${this.name} ended (${how})`)));
  }

  /** The result of a request, of the shape that the protocol gives it. Rejects with a KvproofError that says what is wrong. */
  async call<T>(method: string, params: object, shape: z.ZodType<T>): Promise<T> {
    const result = await this.#request(method, params);
    const parsed = shape.safeParse(result);
    if (parsed.success) return parsed.data;
    throw this.#broke(`the result of ${method} has a wrong shape (${shapeProblem(parsed.error)}): ${quoted(result)}`);
  }

  /** As {@link call}, for what the run cannot do without: an error reply ends the run. */
  async demand<T>(method: string, params: object, shape: z.ZodType<T>): Promise<T> {
    try {
      return await this.call(method, params, shape);
    } catch (thrown) {
      if (thrown instanceof KvproofError && thrown.code === "KVP_E_SUT_REFUSED") this.#fail(thrown);
      throw thrown;
    }
  }

  /** The process is about to be ended by the lab: nothing more is asked of it, or held against it. */
  letGo(): void {
    this.#pipes.expectExit();
    this.#end(new UnavailableError("KVP_E_SUT_UNAVAILABLE", `${this.name} is down`));
  }

  /** Asks it to end. Rejects with KVP_E_SUT_HUNG or KVP_E_SUT_EXITED when it does not end as the protocol says. */
  async stop(): Promise<void> {
    if (this.#over !== null) return;
    this.#pipes.expectExit();
    const early = new AbortController();
    this.#request("stop", {}).catch(() => undefined);
    const how = await Promise.race([this.#pipes.exited, delay(STOP_TIMEOUT_MS, early.signal).then(() => null)]);
    early.abort();
    this.#end(this.#error("KVP_E_SUT_EXITED", `${this.name} was told to stop`));
    if (how === null) {
      throw this.#error("KVP_E_SUT_HUNG", `${this.name} did not end within ${STOP_TIMEOUT_MS} ms after stop`);
    }
    if (how !== "exit code 0") {
      throw this.#error(
        "KVP_E_SUT_EXITED",
        `${this.name} ended with ${how} after stop; the protocol asks for exit code 0`,
      );
    }
  }

  #request(method: string, params: object): Promise<unknown> {
    if (this.#over !== null) return Promise.reject(this.#over);
    if (this.#outstanding.size >= MAX_OUTSTANDING) {
      const message = `${this.name} is ${MAX_OUTSTANDING} replies behind; the limit is reached`;
      return Promise.reject(new UnavailableError("KVP_E_LIMIT", message));
    }
    const id = this.#nextId++;
    const line = `${JSON.stringify({ id, method, params })}\n`;
    if (line.length > MAX_LINE_BYTES) {
      const message = `a ${method} request of ${line.length} bytes does not fit into a line of ${MAX_LINE_BYTES}`;
      return Promise.reject(new UnavailableError("KVP_E_LIMIT", message));
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#unanswered(id), this.#options.timeoutMs);
      this.#outstanding.set(id, { method, sentAt: this.#options.clock.nowNs(), timer, resolve, reject });
      this.#pipes.input.write(line);
    });
  }

  #line(text: string): void {
    this.#lines++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#broke(
        `line ${this.#lines} of its standard output is no JSON: ${quoted(text)}; logs belong on standard error`,
      );
      return;
    }
    const parsed = reply.safeParse(value);
    if (!parsed.success) {
      this.#broke(
        `line ${this.#lines} of its standard output is no reply (${shapeProblem(parsed.error)}): ${quoted(value)}`,
      );
      return;
    }
    const { id, result, error } = parsed.data;
    const request = this.#outstanding.get(id);
    if (request === undefined) {
      if (!this.#givenUp.delete(id)) this.#broke(`it answered request ${id}, which is not open: ${quoted(value)}`);
      return;
    }
    this.#outstanding.delete(id);
    clearTimeout(request.timer);
    if (!error) {
      this.#errorsInARow = 0;
      request.resolve(result);
    } else this.#refused(request, error.message);
  }

  #refused(request: Outstanding, message: string): void {
    const what = `${this.name} answered ${request.method} with an error: ${message.slice(0, QUOTED_CHARACTERS)}`;
    const error = this.#error("KVP_E_SUT_REFUSED", what);
    request.reject(error);
    if (++this.#errorsInARow < MAX_ERRORS_IN_A_ROW) return;
    this.#fail(this.#error("KVP_E_SUT_REFUSED", `${what} (${this.#errorsInARow} errors in a row)`));
  }

  #unanswered(id: number): void {
    const request = this.#outstanding.get(id);
    if (request === undefined) return;
    this.#outstanding.delete(id);
    const { timeoutMs } = this.#options;
    if (this.#pipes.hinderedSince(request.sentAt)) {
      if (this.#givenUp.size < MAX_GIVEN_UP) this.#givenUp.add(id);
      const message = `no answer to ${request.method} within ${timeoutMs} ms while ${this.name} was frozen or restarted`;
      request.reject(new UnavailableError("KVP_E_SUT_UNAVAILABLE", message));
      return;
    }
    const waited = Math.round((this.#options.clock.nowNs() - request.sentAt) / NS_PER_MS);
    const seen = this.#lines === 0 ? "nothing was ever answered" : `${this.#lines} requests were answered before`;
    const what = `${this.name} left ${request.method} (request ${id}) unanswered for ${waited} ms; ${seen}`;
    const error = this.#error("KVP_E_SUT_HUNG", what);
    request.reject(error);
    this.#fail(error);
  }

  async #outputEnded(): Promise<void> {
    const exited = await Promise.race([this.#pipes.exited, delay(END_OF_OUTPUT_MS).then(() => null)]);
    if (exited === null) this.#broke("it closed its standard output and runs on");
  }

  #broke(what: string): KvproofError {
    const error = this.#error("KVP_E_SUT_PROTOCOL", `${this.name} broke the driver protocol: ${what}`);
    this.#fail(error);
    return error;
  }

  #fail(error: KvproofError): void {
    if (this.#over === null) this.#pipes.fail(error);
    this.#end(error);
  }

  /** Nothing more is asked or read. */
  #end(error: KvproofError): void {
    this.#over ??= error;
    this.#reader.stop();
    for (const request of this.#outstanding.values()) {
      clearTimeout(request.timer);
      request.reject(this.#over);
    }
    this.#outstanding.clear();
  }

  #error(code: ErrorCode, what: string): UnavailableError {
    return new UnavailableError(code, `${what}; ${this.#pipes.logTail()}`);
  }
}

function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
