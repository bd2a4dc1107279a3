/**
 * WebAssembly written as expressions: `i64.add(local.get(0), i64.const(1))` is its own byte code. Just the instructions
 * that block-hash-wasm.ts uses; opcodes from the WebAssembly core specification, section "Binary Format".
 */
export type Code = readonly number[];

/** Operands first, then the opcode: what a stack machine runs. */
const op =
  (...opcode: number[]) =>
  (...operands: Code[]): Code => [...operands.flat(), ...opcode];
const load =
  (...opcode: number[]) =>
  (address: Code, offset: number): Code => [...address, ...opcode, 0, ...unsigned(offset)];

/** LEB128, unsigned. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}
/** LEB128, signed, 32 bits. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)],
};
export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: load(0x28),
  ltU: op(0x49),
  add: op(0x6a),
  and: op(0x71),
  shl: op(0x74),
};
export const i64 = {
  load: load(0x29),
  load32U: load(0x35),
  store: (address: Code, value: Code, offset: number): Code => [...address, ...value, 0x37, 0, ...unsigned(offset)],
  const: (value: number): Code => [0x42, ...signed(value)],
  extendI32U: op(0xad),
  add: op(0x7c),
  mul: op(0x7e),
  xor: op(0x85),
  shrU: op(0x88),
};
export const v128 = {
  zero: [0xfd, 0x0c, ...Array<number>(16).fill(0)] as Code,
  load: load(0xfd, 0x00),
  addI32x4: op(0xfd, 0xae, 0x01),
  addI64x2: op(0xfd, 0xce, 0x01),
  /** Two 32 x 32 -> 64 bit products of the low (high) lanes. */
  extmulLowU: op(0xfd, 0xde, 0x01),
  extmulHighU: op(0xfd, 0xdf, 0x01),
  i64Lane: (vector: Code, lane: number): Code => [...vector, 0xfd, 0x1d, lane],
};
const VOID = 0x40;
/** `do { body } while (condition)`. */
export const doWhile = (condition: Code, ...body: Code[]): Code => [
  0x03,
  VOID,
  ...body.flat(),
  ...condition,
  0x0d,
  0x00,
  0x0b,
];
export const when = (condition: Code, ...body: Code[]): Code => [...condition, 0x04, VOID, ...body.flat(), 0x0b];

const TYPE_CODES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
export type ValueType = keyof typeof TYPE_CODES;

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Magic and version. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const text = (value: string): Code => vector(Array.from(value, (char) => [char.charCodeAt(0)]));

/** A module that exports `memory` (of `pages` x 64 KiB, fixed) and the functions, which return nothing. */
export function assembleModule(pages: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params }) => [0x60, ...vector(params.map((type) => [TYPE_CODES[type]])), 0]);
  const exports = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, TYPE_CODES[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...HEADER,
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[0x01, ...unsigned(pages), ...unsigned(pages)]])),
    ...section(7, vector([[...text("memory"), 0x02, 0x00], ...exports])),
    ...section(10, vector(bodies)),
  ]);
}
