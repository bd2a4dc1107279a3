/** Runs the prompts of one HTTP request and hears their tokens; the texts and stop conditions of the answer. */
import type { Call } from "./http-server.js";
import type { FinishReason, RequestOutput } from "../cache/engine-types.js";
import type { Engine, Ticket } from "../engine.js";
import { sampler } from "../sampler.js";
import { tokenWord } from "../tokenizer.js";
import type { GenerationParams } from "./generation-params.js";

/** One choice as it grows. */
export interface Choice {
  readonly index: number;
  readonly prompt: Uint32Array;
  readonly tokens: number[];
  /** What the latest token added to the text; "" for a token that ended it. */
  delta: string;
  text: string;
  finishReason: FinishReason | "abort" | null;
  stopReason: number | string | null;
  cachedTokens: number;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly total_tokens: number;
  readonly completion_tokens: number;
}

/**
 * Resolves with all choices when every prompt is finished. `onToken` hears each token as it comes. A client that goes away
 * aborts what is left; the promise then never matters to anyone, but still resolves.
 */
export async function generate(
  engine: Engine,
  call: Call,
  params: GenerationParams,
  prompts: readonly { readonly tokens: Uint32Array; readonly maxTokens: number }[],
  onToken: (choice: Choice) => void,
): Promise<Choice[]> {
  if (call.res.destroyed) return [];
  const tickets: Ticket[] = [];
  call.res.once("close", () => {
    for (const ticket of tickets) ticket.abort();
  });
  const choices = prompts.map(({ tokens }, index) => newChoice(index, tokens));
  const ends = prompts.map(
    ({ tokens, maxTokens }, index) =>
      new Promise<void>((resolve) => {
        const choice = choices[index] as Choice;
        const listener = {
          token: (output: RequestOutput): void => {
            grow(choice, output, params);
            onToken(choice);
            if (choice.finishReason !== null) resolve();
          },
          aborted: (): void => {
            choice.finishReason = "abort";
            choice.delta = "";
            if (!call.res.destroyed) onToken(choice);
            resolve();
          },
        };
        const { adapter, salt, sessionId, reportFull, seed, rank } = params;
        const isStop = stopCondition(engine, tokens, params);
        tickets.push(
          engine.submit({ tokens, maxTokens, adapter, salt, sessionId, reportFull, seed, rank, isStop }, listener),
        );
      }),
  );
  await Promise.all(ends);
  return choices;
}

export function usageOf(choices: readonly Choice[]): Usage {
  const sum = (read: (choice: Choice) => number): number => choices.reduce((total, choice) => total + read(choice), 0);
  const prompt = sum((choice) => choice.prompt.length);
  const completion = sum((choice) => choice.tokens.length);
  return { prompt_tokens: prompt, total_tokens: prompt + completion, completion_tokens: completion };
}

/** vLLM reports the cached tokens of the request's last prompt, not their sum. */
export function cachedTokensOf(choices: readonly Choice[]): number {
  return choices.at(-1)?.cachedTokens ?? 0;
}

function newChoice(index: number, prompt: Uint32Array): Choice {
  return { index, prompt, tokens: [], delta: "", text: "", finishReason: null, stopReason: null, cachedTokens: 0 };
}

function grow(choice: Choice, output: RequestOutput, params: GenerationParams): void {
  choice.tokens.push(output.token);
  choice.cachedTokens = output.cachedTokens;
  choice.finishReason = output.finishReason;
  const before = choice.text;
  const grown = `${before} ${tokenWord(output.token)}`;
  choice.text = grown;
  if (output.finishReason === "stop") {
    // The text leaves out what stopped it, as vLLM does without include_stop_str_in_output.
    const stopString = params.stopStrings.find((stop) => grown.includes(stop));
    choice.stopReason = stopString ?? output.token;
    choice.text = stopString === undefined ? before : grown.slice(0, grown.indexOf(stopString));
  }
  choice.delta = choice.text.slice(before.length);
}

function stopCondition(
  engine: Engine,
  prompt: Uint32Array,
  { stopTokenIds, stopStrings, minTokens, seed }: GenerationParams,
): ((token: number, index: number) => boolean) | undefined {
  if (stopTokenIds.length === 0 && stopStrings.length === 0) return undefined;
  const stops = new Set(stopTokenIds);
  const tokenAt = sampler(prompt, seed ?? engine.options.seed, engine.options.vocabSize);
  const longest = Math.max(0, ...stopStrings.map((stop) => stop.length));
  const tail = (index: number): string => {
    let text = "";
    // Enough words that a stop string which the newest word completes lies within them.
    for (let i = index; i >= 0 && text.length <= longest + tokenWord(tokenAt(index)).length; i--) {
      text = ` ${tokenWord(tokenAt(i))}${text}`;
    }
    return text;
  };
  return (token, index) => {
    if (index + 1 < minTokens) return false;
    if (stops.has(token)) return true;
    if (stopStrings.length === 0) return false;
    const text = tail(index);
    return stopStrings.some((stop) => text.includes(stop));
  };
}
