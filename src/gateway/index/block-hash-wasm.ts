/**
 * The block hash's inner loops as WebAssembly: JavaScript has no 32 x 32 -> 64 bit product. block-hasher.ts says what is
 * computed and why; here is only how. Addresses are bytes of the module's fixed memory.
 */
import { assembleModule, doWhile, i32, i64, local, v128, when } from "./wasm-code.js";
import type { Code, WasmFunction } from "./wasm-code.js";

/** Largest block, in tokens. vLLM's hybrid models reach about 1,100. */
export const MAX_BLOCK_TOKENS = 4096;
/** Blocks and tokens that one call can hash. */
export const CHUNK_BLOCKS = 1024;
export const CHUNK_TOKENS = 16_384;

export const KEYS_A = 0;
export const KEYS_B = KEYS_A + MAX_BLOCK_TOKENS * 4;
/** Partners for the up to 7 tokens that do not fill a vector. */
export const TAIL_A = KEYS_B + MAX_BLOCK_TOKENS * 4;
export const TAIL_B = TAIL_A + 32;
/** Four odd 64-bit multipliers: for sums A and B, for the chain, for taints. */
export const MULTIPLIERS = TAIL_B + 32;
export const PARENT = MULTIPLIERS + 32;
export const TAINTS = PARENT + 32;
export const CONTENTS = TAINTS + CHUNK_BLOCKS * 4;
export const CHAIN = CONTENTS + CHUNK_BLOCKS * 8;
export const TOKENS = 65_536;
const PAGES = 2;

const address = i32.const(0);
const multiplier = (index: number): Code => i64.load(address, MULTIPLIERS + index * 8);

// Parameters and locals, by index.
const [COUNT, BLOCK_BYTES, VECTOR_BYTES, BLOCK, TOKEN, AT] = [0, 1, 2, 3, 4, 5];
const [KEY, A, B] = [6, 7, 8];
const [SUM_A, SUM_B, X, Y] = [9, 10, 11, 12];
const get = local.get;
const bump = (index: number, by: number): Code => local.set(index, i32.add(get(index), i32.const(by)));

/** sum += (x + k[0..3]) * (y + k[4..7]), eight tokens, lane by lane. */
function addProducts(sum: number, keys: number): Code {
  const left = v128.addI32x4(get(X), v128.load(get(AT), keys));
  const right = v128.addI32x4(get(Y), v128.load(get(AT), keys + 16));
  const products = v128.addI64x2(v128.extmulLowU(left, right), v128.extmulHighU(left, right));
  return local.set(sum, v128.addI64x2(get(sum), products));
}
/** total += (token + k) * partner, one token. */
function addTail(total: number, keys: number, partners: number): Code {
  const keyed = i64.extendI32U(i32.add(i32.load(get(TOKEN), 0), i32.load(get(AT), keys)));
  const partner = i64.load32U(i32.and(get(AT), i32.const(31)), partners);
  return local.set(total, i64.add(get(total), i64.mul(keyed, partner)));
}
const lanes = (sum: number): Code => i64.add(v128.i64Lane(get(sum), 0), v128.i64Lane(get(sum), 1));

/** chain[block] = key = finish(key ^ contents[block]). */
const chainStep: Code = [
  ...local.set(KEY, i64.xor(get(KEY), i64.load(i32.shl(get(BLOCK), i32.const(3)), CONTENTS))),
  ...local.set(KEY, i64.xor(get(KEY), i64.shrU(get(KEY), i64.const(32)))),
  ...local.set(KEY, i64.mul(get(KEY), multiplier(2))),
  ...local.set(KEY, i64.xor(get(KEY), i64.shrU(get(KEY), i64.const(29)))),
  ...i64.store(i32.shl(get(BLOCK), i32.const(3)), get(KEY), CHAIN),
];

const content: Code = i64.add(
  i64.add(i64.mul(get(A), multiplier(0)), i64.mul(get(B), multiplier(1))),
  i64.mul(i64.load32U(i32.shl(get(BLOCK), i32.const(2)), TAINTS), multiplier(3)),
);
const locals = ["i32", "i32", "i32", "i32", "i64", "i64", "i64", "v128", "v128", "v128", "v128"] as const;

/** Contents and chain of `count` blocks whose tokens lie at TOKENS. */
const hash: WasmFunction = {
  name: "hash",
  params: ["i32", "i32"],
  locals,
  body: [
    ...local.set(VECTOR_BYTES, i32.and(get(BLOCK_BYTES), i32.const(-32))),
    ...local.set(TOKEN, i32.const(TOKENS)),
    ...local.set(KEY, i64.load(address, PARENT)),
    ...doWhile(
      i32.ltU(get(BLOCK), get(COUNT)),
      local.set(SUM_A, v128.zero),
      local.set(SUM_B, v128.zero),
      local.set(AT, i32.const(0)),
      when(
        get(VECTOR_BYTES),
        doWhile(
          i32.ltU(get(AT), get(VECTOR_BYTES)),
          local.set(X, v128.load(get(TOKEN), 0)),
          local.set(Y, v128.load(get(TOKEN), 16)),
          addProducts(SUM_A, KEYS_A),
          addProducts(SUM_B, KEYS_B),
          bump(TOKEN, 32),
          bump(AT, 32),
        ),
      ),
      local.set(A, lanes(SUM_A)),
      local.set(B, lanes(SUM_B)),
      when(
        i32.ltU(get(AT), get(BLOCK_BYTES)),
        doWhile(
          i32.ltU(get(AT), get(BLOCK_BYTES)),
          addTail(A, KEYS_A, TAIL_A),
          addTail(B, KEYS_B, TAIL_B),
          bump(TOKEN, 4),
          bump(AT, 4),
        ),
      ),
      i64.store(i32.shl(get(BLOCK), i32.const(3)), content, CONTENTS),
      chainStep,
      bump(BLOCK, 1),
    ),
  ],
};

/** The chain of `count` contents that lie at CONTENTS already. */
const chain: WasmFunction = {
  name: "chain",
  params: ["i32", "i32"],
  locals,
  body: [
    ...local.set(KEY, i64.load(address, PARENT)),
    ...doWhile(i32.ltU(get(BLOCK), get(COUNT)), chainStep, bump(BLOCK, 1)),
  ],
};

export interface HashExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** `blockBytes` = 4 x tokens per block. */
  hash(count: number, blockBytes: number): void;
  chain(count: number, unused: number): void;
}

/** What we need of the global `WebAssembly`, which @types/node does not declare. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
/** Compiled once, on first use: code without state. */
let compiled: InstanceType<WebAssemblyApi["Module"]> | undefined;

/** A fresh instance with its own memory. */
export function instantiateHash(): HashExports {
  compiled ??= new Module(assembleModule(PAGES, [hash, chain]));
  return new Instance(compiled).exports as HashExports;
}
