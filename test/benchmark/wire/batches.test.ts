import { expect, it } from "vitest";
import { PrefixIndex } from "../../../src/gateway/index/prefix-index.js";
import { decodeSeq } from "../../../src/protocol/frames.js";
import { FrameParser } from "../../../src/protocol/zmtp/frame-parser.js";
import { BatchRing, BLOCK_SIZE, fillBatch } from "./batches.js";

function messagesOf(bytes: Uint8Array): Uint8Array[][] {
  const messages: Uint8Array[][] = [];
  let frames: Uint8Array[] = [];
  const parser = new FrameParser({
    message(payload, more) {
      frames.push(payload);
      if (!more) {
        messages.push(frames);
        frames = [];
      }
    },
    command: () => undefined,
  });
  parser.push(bytes);
  return messages;
}

it("what the raw publisher sends round and round changes the index with every batch, under rising numbers", () => {
  const index = new PrefixIndex({ seed: 1 });
  const sink = index.sink(index.addHolder({ engine: "e", rank: 0, model: "wire", blockSize: BLOCK_SIZE }));
  const ring = new BatchRing(16_384);
  const seqs: number[] = [];
  for (const slab of [ring.slab(0, 16_384), ring.slab(16_384, 32_768)]) {
    for (const [, seq, payload] of messagesOf(slab)) {
      seqs.push(decodeSeq(seq as Uint8Array));
      expect(sink.apply(payload as Uint8Array)).toMatchObject({ rejected: false, malformedEvents: 0 });
    }
  }
  expect(seqs).toEqual(Array.from({ length: 32_768 }, (_, i) => i));
  const { blocks, storedBlocks, unknownRemovals, orphansDropped } = index.stats();
  // Only the first turn's first removals find nothing, for nothing had been stored yet.
  expect({ blocks, storedBlocks, unknownRemovals, orphansDropped }).toEqual({
    blocks: 8192,
    storedBlocks: 32_768,
    unknownRemovals: 8192,
    orphansDropped: 0,
  });
});

it("filling adds whole chains of blocks that were not there", () => {
  const index = new PrefixIndex({ seed: 1 });
  const sink = index.sink(index.addHolder({ engine: "e", rank: 0, model: "wire", blockSize: BLOCK_SIZE }));
  for (let i = 0; i < 10; i++) {
    const [frames] = messagesOf(fillBatch(i, i * 64, 64));
    expect(decodeSeq(frames?.[1] as Uint8Array)).toBe(i);
    sink.apply(frames?.[2] as Uint8Array);
  }
  expect(index.stats()).toMatchObject({ blocks: 640, orphansParked: 0 });
});
