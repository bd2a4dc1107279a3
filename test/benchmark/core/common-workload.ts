/**
 * The workload that all published indexers were measured with, when it lies beside the checkout: read from the files that its own
 * generator and oracle write (formats: gen.mjs and oracle.mjs there).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommonKind } from "./common-traces.js";
import { Batches, Questions } from "./workload.js";
import type { Question, Workload } from "./workload.js";

const BLOCK_SIZE = 16;
const LORAS = [null, "lora-a", "lora-b"] as const;
const KINDS = ["128", "625", "mixed"] as const;

function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
function fill(contents: ArrayLike<number>, target: Uint32Array): void {
  for (let block = 0; block < contents.length; block++) {
    const first = Math.imul(contents[block] as number, BLOCK_SIZE);
    for (let i = 0; i < BLOCK_SIZE; i++) target[block * BLOCK_SIZE + i] = mix((first + i) ^ 0x9e37_79b9) % 128_000;
  }
}

/** Reads u32 words one after the other. */
class Words {
  #at = 0;
  readonly #words: Uint32Array;
  constructor(path: string) {
    const bytes = readFileSync(path);
    this.#words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }
  next(): number {
    return this.#words[this.#at++] as number;
  }
  take(count: number): Uint32Array {
    return this.#words.subarray(this.#at, (this.#at += count));
  }
}

function readBatches(path: string): Batches {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 4;
  const batches = Array.from({ length: view.getUint32(0, true) }, () => {
    const length = view.getUint32(at + 4, true);
    const batch = { holder: view.getUint32(at, true), payload: bytes.subarray(at + 8, at + 8 + length) };
    at += 8 + Math.ceil(length / 4) * 4;
    return batch;
  });
  return new Batches(batches);
}

function* readQuestions(dir: string): Generator<Question> {
  const asked = new Words(join(dir, "queries.bin"));
  const expected = new Words(join(dir, "expect.bin"));
  for (let left = asked.next(); left > 0; left--) {
    const kind = KINDS[asked.next()] ?? "mixed";
    const context = asked.next();
    const contents = asked.take(asked.next());
    const answer = expected.take(expected.next() * 2);
    yield { kind, model: context < 3 ? "alpha" : "beta", lora: LORAS[context % 3] ?? null, contents, answer };
  }
}

/** @param dir folder with the trace files of one kind */
export function commonWorkload(dir: string, kind: CommonKind): Workload {
  const meta = JSON.parse(readFileSync(join(dir, "meta.json"), "utf8")) as Record<
    "seed" | "pods" | "ops" | "resident_pairs",
    number
  >;
  return {
    name: `common/${kind}`,
    description: `seed ${meta.seed}, ${meta.pods} engines, ${meta.ops} operations`,
    blockSize: BLOCK_SIZE,
    duplicates: kind === "reannounce" ? "set" : "copies",
    holders: Array.from({ length: meta.pods }, (_, i) => (i < meta.pods / 2 ? "alpha" : "beta")),
    forms: new Map([
      ["map", readBatches(join(dir, "wire-b.bin"))],
      ["array", readBatches(join(dir, "wire-a.bin"))],
    ]),
    operations: meta.ops,
    residentPairs: meta.resident_pairs,
    questions: new Questions(readQuestions(dir)),
    fill,
  };
}
