import { describe, expect, it } from "vitest";
import { readPrompt } from "./prompt.js";

const read = (surface: "/v1/completions" | "/v1/chat/completions", body: unknown): ReturnType<typeof readPrompt> =>
  readPrompt(surface, Buffer.from(JSON.stringify(body)));

describe("readPrompt", () => {
  it.each([
    ["token ids", [5, 6], Uint32Array.of(5, 6), null],
    ["several token prompts: the first decides", [[5, 6], [7]], Uint32Array.of(5, 6), null],
    ["text", "hi", null, '{"model":"m","prompt":"hi"}'],
    ["several texts: the first decides", ["hi", "ho"], null, '{"model":"m","prompt":"hi"}'],
    ["nothing", undefined, null, null],
    ["nonsense, which is the engine's to refuse", [{ a: 1 }], null, null],
  ])("of a completion takes %s", (_, prompt, tokens, tokenize) => {
    expect(read("/v1/completions", { model: "m", prompt, max_tokens: 1 })).toEqual({
      model: "m",
      salt: null,
      tokens,
      tokenize,
    });
  });

  it("of a chat passes on what changes the tokens, and nothing else", () => {
    const messages = [{ role: "user", content: "hi" }];
    const request = {
      model: "m",
      messages,
      tools: [],
      add_generation_prompt: false,
      temperature: 1,
      stream: true,
      cache_salt: "s",
    };
    const { salt, tokenize } = read("/v1/chat/completions", request);
    expect(salt).toBe("s");
    expect(JSON.parse(tokenize as string)).toEqual({ model: "m", messages, tools: [], add_generation_prompt: false });
  });

  it.each([[[]], [null], ["x"], [{}], [{ model: "" }], [{ model: 3 }]])(
    "refuses %j, which nothing could serve",
    (body) => {
      expect(() => read("/v1/completions", body)).toThrow(/body|model/);
    },
  );
});
