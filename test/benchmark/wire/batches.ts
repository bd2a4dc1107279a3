/** What the raw publisher sends: batches encoded and framed beforehand, so that sending them costs next to nothing. */
import { encodeBatch } from "../../../src/protocol/kv-event-writer.js";
import { encodeMessage } from "../../../src/protocol/zmtp/frame.js";
import type { KvEvent } from "../../../src/protocol/kv-event.js";

export const BLOCK_SIZE = 16;
const CHAIN = 8;
const DIALECT = "vllm-0.30";
const TOPIC = new TextEncoder().encode("kv@wire");
/** Each batch of a turn stores one block and removes the one stored so many batches before. */
const LAG = 8_192;

/** Batches that can be sent round and round: after the first turn every store is new and every removal hits. */
export class BatchRing {
  readonly #messages: readonly Uint8Array[];

  /** `batches`: a multiple of the chain's length, larger than the lag. */
  constructor(batches: number) {
    this.#messages = Array.from({ length: batches }, (_, i) => {
      const gone = (i + batches - LAG) % batches;
      return framed([stored(1, i, 1), { type: "removed", blockHashes: [hashOf(1, gone)], medium: "GPU", groupIdx: 0 }]);
    });
  }

  /** Copies batches `from` to `to` (numbers as on the wire) into one piece. */
  slab(from: number, to: number): Buffer {
    const parts: Uint8Array[] = [];
    for (let seq = from; seq < to; seq++) parts.push(this.#messages[seq % this.#messages.length] as Uint8Array);
    const slab = Buffer.concat(parts);
    let at = 0;
    for (let seq = from; seq < to; seq++) {
      writeSeq(slab, at, seq);
      at += (parts[seq - from] as Uint8Array).length;
    }
    return slab;
  }
}

/** Chains of blocks that only come, 64 blocks to a batch: `count` of them from block `from` on, as message number `seq`. */
export function fillBatch(seq: number, from: number, count: number): Buffer {
  const events: KvEvent[] = [];
  for (let block = from; block < from + count; block += CHAIN) events.push(stored(2, block, CHAIN));
  const message = Buffer.from(framed(events));
  writeSeq(message, 0, seq);
  return message;
}

/** Frame flags and length, topic, frame flags and length; then the number, big-endian. */
const SEQ_AT = 2 + TOPIC.length + 2;

function writeSeq(bytes: Buffer, messageAt: number, seq: number): void {
  bytes.writeBigInt64BE(BigInt(seq), messageAt + SEQ_AT);
}

function framed(events: readonly KvEvent[]): Uint8Array {
  const payload = encodeBatch(DIALECT, { ts: 1_700_000_000, events, rank: 0 });
  return encodeMessage([TOPIC, new Uint8Array(8), payload]);
}

/** `count` blocks of one chain, beginning at a block whose number within its chain says whether it has a parent. */
function stored(family: number, block: number, count: number): KvEvent {
  const tokens = new Uint32Array(count * BLOCK_SIZE);
  for (let i = 0; i < tokens.length; i++) tokens[i] = mix(family, block * BLOCK_SIZE + i) % 128_000;
  return {
    type: "stored",
    blockHashes: Array.from({ length: count }, (_, i) => hashOf(family, block + i)),
    parent: block % CHAIN === 0 ? null : hashOf(family, block - 1),
    tokenIds: tokens,
    blockSize: BLOCK_SIZE,
    loraId: null,
    loraName: null,
    medium: "GPU",
    groupIdx: 0,
  };
}

function hashOf(family: number, block: number): bigint {
  return (BigInt(mix(family, block)) << 32n) | BigInt(mix(family + 100, block));
}

/** murmur3's finalizer over two words. */
function mix(family: number, word: number): number {
  let h = Math.imul(family ^ 0x9747b28c, 0x85ebca6b) ^ Math.imul(word, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
