/** Sends one completion through the front door and records who chose, who served it and when. */
import { asError } from "../../base/errors.js";
import type { Clock } from "../../base/clock.js";
import type { RouteRecord } from "../../judge/history/records.js";
import { type FrontDoor, notTaken, UnknownChoice, type Way } from "./front-door.js";
import { type Flight, type InFlight, recordedLoads } from "./in-flight.js";
import type { Prompt } from "./prompt-book.js";
import type { Recorder } from "./recorder.js";

export interface CompletionRequest {
  readonly prompt: Prompt;
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly dueNs: number;
  readonly tag?: string;
}

/** A request that no engine has taken goes to the next one; so many are tried. */
const ENGINES_TRIED = 3;
/** Bytes of an answer that are kept for reading; a longer one is an error. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const QUOTED_CHARACTERS = 200;

interface Usage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number | null } | null;
}

interface Answer {
  readonly way: Way;
  readonly decidedAt: number;
  readonly status: number;
  readonly engine: string | undefined;
  readonly claimedBlocks: number | undefined;
  readonly chosenAt: number;
  readonly text: string;
}

export class OpenAiClient {
  readonly #door: FrontDoor;
  readonly #recorder: Recorder;
  readonly #clock: Clock;
  readonly #inFlight: InFlight;

  constructor(door: FrontDoor, deps: { recorder: Recorder; clock: Clock; inFlight: InFlight }) {
    this.#door = door;
    this.#recorder = deps.recorder;
    this.#clock = deps.clock;
    this.#inFlight = deps.inFlight;
  }

  /** Resolves with the record (never rejects) and the generated tokens, when the answer gave them. */
  async complete(request: CompletionRequest): Promise<{ record: RouteRecord; output: readonly number[] }> {
    const inv = this.#clock.nowNs();
    const flight = this.#inFlight.begin(inv);
    let outcome: Partial<RouteRecord>;
    let output: readonly number[] = [];
    try {
      const answer = await this.#send(request, flight);
      outcome = describe(answer, request.stream);
      if (answer.status === 200) output = outputTokens(answer.text, request.stream);
    } catch (thrown) {
      outcome = { error: asError(thrown).message || asError(thrown).name };
      if (thrown instanceof UnknownChoice) outcome = { ...outcome, engine: thrown.engine, chosenBy: "sut" };
    }
    const ret = this.#clock.nowNs();
    this.#inFlight.end(flight, ret);
    const loads = recordedLoads(flight);
    const record: RouteRecord = {
      k: "route",
      at: ret,
      inv,
      chosenAt: ret,
      ret,
      due: request.dueNs,
      prompt: request.prompt.id,
      dry: false,
      ...outcome,
      ...(loads === undefined ? {} : { loads }),
      ...(request.tag === undefined ? {} : { tag: request.tag }),
    };
    this.#recorder.record(record);
    return { record, output };
  }

  close(): Promise<void> {
    return this.#door.close();
  }

  async #send(request: CompletionRequest, flight: Flight): Promise<Answer> {
    const tried: string[] = [];
    for (;;) {
      const way = await this.#door.way(request.prompt, tried);
      const decidedAt = this.#clock.nowNs();
      flight.engine = way.engine ?? null;
      try {
        return await this.#sendTo(way, decidedAt, request, flight);
      } catch (thrown) {
        if (way.engine !== undefined) tried.push(way.engine);
        if (!this.#door.retries || tried.length >= ENGINES_TRIED || !notTaken(thrown)) throw thrown;
      }
    }
  }

  async #sendTo(way: Way, decidedAt: number, request: CompletionRequest, flight: Flight): Promise<Answer> {
    const response = await way.dispatcher.request({
      origin: way.origin,
      method: "POST",
      path: "/v1/completions",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(bodyOf(request)),
    });
    const chosenAt = this.#clock.nowNs();
    const engine = way.engine ?? header(response.headers, "x-kvproof-engine");
    flight.engine = engine ?? null;
    const claimed = header(response.headers, "x-kvproof-matched-blocks");
    const claimedBlocks = way.claimedBlocks ?? (claimed === undefined ? undefined : Number(claimed));
    const text = await textOf(response.body);
    return { way, decidedAt, status: response.statusCode, engine, claimedBlocks, chosenAt, text };
  }
}

function bodyOf({ prompt, maxTokens, stream }: CompletionRequest): object {
  return {
    model: prompt.adapter?.name ?? prompt.model,
    prompt: prompt.tokens,
    max_tokens: maxTokens,
    temperature: 0,
    return_token_ids: true,
    ...(prompt.salt === null ? {} : { cache_salt: prompt.salt }),
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

/** Once the first byte is there the request is taken: what fails now is not tried again. */
async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
  } catch (thrown) {
    throw new Error(asError(thrown).message || "the connection broke", { cause: thrown });
  }
  return Buffer.concat(chunks).toString("utf8");
}

function describe(answer: Answer, stream: boolean): Partial<RouteRecord> {
  const { way, decidedAt, status, engine, claimedBlocks, chosenAt, text } = answer;
  const known = {
    status,
    chosenAt,
    ...(way.chosenBy === undefined ? {} : { chosenBy: way.chosenBy, decidedAt }),
    ...(engine === undefined ? {} : { engine }),
    ...(claimedBlocks === undefined ? {} : { claimedBlocks }),
  };
  if (status !== 200) return { ...known, error: `status ${status}: ${text.slice(0, QUOTED_CHARACTERS)}` };
  if (stream && !text.trimEnd().endsWith("data: [DONE]")) return { ...known, error: "the stream ended before [DONE]" };
  const usage = usageOf(text, stream);
  const cached = usage?.prompt_tokens_details?.cached_tokens;
  return {
    ...known,
    ...(typeof cached === "number" ? { cachedTokens: cached } : {}),
    ...(usage?.prompt_tokens === undefined ? {} : { promptTokens: usage.prompt_tokens }),
    ...(usage?.completion_tokens === undefined ? {} : { completionTokens: usage.completion_tokens }),
  };
}

function usageOf(text: string, stream: boolean): Usage | undefined {
  if (!stream) return (JSON.parse(text) as { usage?: Usage }).usage;
  return events(text).findLast((event) => event.usage !== undefined && event.usage !== null)?.usage ?? undefined;
}

interface CompletionEvent {
  readonly choices?: readonly { readonly token_ids?: readonly number[] | null }[];
  readonly usage?: Usage | null;
}

function outputTokens(text: string, stream: boolean): readonly number[] {
  const answers = stream ? events(text) : [JSON.parse(text) as CompletionEvent];
  return answers.flatMap((answer) => answer.choices?.[0]?.token_ids ?? []);
}

function events(text: string): CompletionEvent[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice("data: ".length)) as CompletionEvent);
}

function header(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
