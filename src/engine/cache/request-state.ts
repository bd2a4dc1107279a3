import { BlockChain } from "./block-chain.js";
import type { BlockHasher } from "./block-hash.js";
import type { ResolvedConfig } from "./engine-config.js";
import type { EngineRequest, FinishReason } from "./engine-types.js";
import { TokenBuffer } from "./token-buffer.js";

/** A request on its way through the scheduler. */
export class RequestState {
  readonly request: EngineRequest;
  /** Prompt and output. */
  readonly tokens: TokenBuffer;
  readonly chain: BlockChain;
  /** Physical blocks per group, in sequence order; empty while waiting. */
  readonly blocks: number[][];
  /** Tokens whose keys and values exist. */
  computed = 0;
  /** Leading blocks that are in the cache under their hash. */
  cachedBlocks = 0;
  /** Prompt tokens found in the cache when first scheduled; -1 before. */
  cachedTokens = -1;
  preemptions = 0;

  constructor(request: EngineRequest, config: ResolvedConfig, hasher: BlockHasher) {
    this.request = request;
    this.tokens = new TokenBuffer(request.tokens);
    const { adapter, salt, sessionId = null } = request;
    this.chain = new BlockChain(config, hasher, { adapter, salt, sessionId });
    this.chain.extend(request.tokens, request.tokens.length);
    this.blocks = Array.from({ length: config.kvGroups }, () => []);
  }

  get id(): string {
    return this.request.id;
  }

  /** Output tokens so far. */
  get generated(): number {
    return this.tokens.length - this.request.tokens.length;
  }

  /** Tokens known but not computed yet. */
  get pending(): number {
    return this.tokens.length - this.computed;
  }

  /** Appends the next output token; says why it was the last one, if it was (vllm/v1/core/sched/utils.py, check_stop). */
  generate(maxModelLen: number): {
    readonly token: number;
    readonly index: number;
    readonly finishReason: FinishReason | null;
  } {
    const index = this.generated;
    const token = this.request.nextToken(index);
    this.tokens.push(token);
    this.chain.extend(this.tokens.array, this.tokens.length);
    if (this.request.isStop?.(token, index)) return { token, index, finishReason: "stop" };
    const full = index + 1 >= this.request.maxTokens || this.tokens.length >= maxModelLen;
    return { token, index, finishReason: full ? "length" : null };
  }

  /** Back to an unscheduled request that keeps its output (preemption recomputes). */
  forgetBlocks(): void {
    for (const group of this.blocks) group.length = 0;
    this.computed = 0;
    this.cachedBlocks = 0;
  }
}
