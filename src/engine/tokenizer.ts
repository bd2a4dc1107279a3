/**
 * A deterministic word tokenizer: every whitespace-separated word is one token. `w<id>` stands for token `<id>`, so that
 * tokens survive a round trip through text; any other word is hashed (FNV-1a) into the vocabulary above the reserved ids.
 * Chat template: each message is its role's token followed by the tokens of its content. The recorded vLLM's toy
 * tokenizer gives the same ids for `w…` words and for user messages (vectors/vllm-live/http-samples.jsonl).
 */
export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

const roleTokens: Readonly<Record<string, number>> = { user: 0, system: 1, assistant: 2, tool: 3 };
/** Ids below this one are roles; no word is hashed onto them and none is generated. */
export const RESERVED_TOKENS = 16;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class Tokenizer {
  readonly vocabSize: number;

  constructor(vocabSize: number) {
    this.vocabSize = vocabSize;
  }

  encode(text: string): Uint32Array {
    return Uint32Array.from(words(text), (word) => this.#wordToken(word));
  }

  encodeChat(messages: readonly ChatMessage[]): Uint32Array {
    const tokens = messages.flatMap(({ role, content }) => [this.#roleToken(role), ...this.encode(content)]);
    return Uint32Array.from(tokens);
  }

  decode(tokens: ArrayLike<number>): string {
    return Array.from(tokens, tokenWord).join(" ");
  }

  #wordToken(word: string): number {
    const named = /^w(\d{1,10})$/.exec(word);
    if (named !== null && Number(named[1]) < this.vocabSize) return Number(named[1]);
    return this.#hashed(word);
  }

  #roleToken(role: string): number {
    return roleTokens[role] ?? this.#hashed(`role ${role}`);
  }

  #hashed(text: string): number {
    let h = FNV_OFFSET;
    for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, FNV_PRIME);
    return RESERVED_TOKENS + ((h >>> 0) % (this.vocabSize - RESERVED_TOKENS));
  }
}

export function tokenWord(token: number): string {
  return `w${token}`;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
