/** Recordings of a real vLLM 0.32.0 and of the release code of every era: what was on the wire, our protocol room reads and writes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Dialect, DIALECTS, parseDialect } from "../../src/protocol/dialects.js";
import {
  buildEventMessage,
  buildReplayEnd,
  buildReplayReply,
  encodeSeq,
  parseEventMessage,
  parseReplayReply,
  parseReplayRequest,
} from "../../src/protocol/frames.js";
import { decodeBatchObjects } from "../../src/protocol/kv-event-objects.js";
import { encodeBatch } from "../../src/protocol/kv-event-writer.js";
import { expectedEvent, fromHex, readBatch, type SeenEvent, toHex } from "../../src/protocol/test-events.js";
import { sharedAvailable, sharedPath } from "../shared.js";

interface Line {
  readonly kind: string;
  readonly version?: string;
  readonly topic: string;
  readonly seq: number;
  readonly payload_hex: string;
  readonly frames_hex: readonly string[];
  readonly label?: string;
}

const RECORDED = "vllm-0.32.0";
const FILES = [
  "basic-sha256_cbor",
  "dp2",
  "eras-release-code",
  "hybrid-swa",
  "lora",
  "reset-running",
  "restart-kill9",
  "sha256-noseed",
  "sha256-seed0",
  "sha256_cbor-noseed-bytes",
  "xxhash_cbor-seed0",
];

function linesOf(file: string): Line[] {
  const text = readFileSync(sharedPath(`vectors/vllm-live/${file}.jsonl`), "utf8");
  return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Line]));
}

function dialectOf(line: Line): Dialect {
  return parseDialect(line.version === undefined ? RECORDED : `vllm-${line.version}`);
}

/** REQ sockets do not see the empty first frame. */
function atDealer(line: Line): Uint8Array[] {
  const frames = line.frames_hex.map(fromHex);
  return frames[0]?.length === 0 ? frames : [new Uint8Array(0), ...frames];
}

describe.skipIf(!sharedAvailable).each(FILES)("recording %s (needs ../shared)", (file) => {
  const lines = sharedAvailable ? linesOf(file) : [];
  const events = lines.filter((line) => line.kind === "event");
  const replies = lines.filter((line) => line.kind === "replay");

  it("re-encodes to the same bytes", () => {
    for (const line of events) {
      const again = encodeBatch(dialectOf(line), decodeBatchObjects(fromHex(line.payload_hex)));
      expect(toHex(again)).toBe(line.payload_hex);
    }
    expect(events.length).toBeGreaterThan(0);
  });

  it("reads the same on the hot path as through objects", () => {
    for (const line of events) {
      const payload = fromHex(line.payload_hex);
      const objects = decodeBatchObjects(payload);
      const { header, events, errors } = readBatch(payload);
      expect(errors).toEqual([]);
      expect(header).toEqual({ ts: objects.ts, rank: objects.rank ?? null, eventCount: objects.events.length });
      expect(events).toMatchObject(objects.events.map(expectedEvent));
    }
  });

  it("parses and rebuilds the messages around the batches", () => {
    for (const line of events) {
      const payload = fromHex(line.payload_hex);
      const frames = buildEventMessage(line.topic, line.seq, payload);
      expect(parseEventMessage(frames)).toEqual({ topic: line.topic, seq: line.seq, payload });
    }
  });

  it("parses and rebuilds every replay reply, END included", () => {
    for (const line of replies) {
      const frames = atDealer(line);
      const reply = parseReplayReply(frames);
      const count = DIALECTS[dialectOf(line)].replayFrames;
      const rebuilt =
        reply.kind === "end" ? buildReplayEnd(count) : buildReplayReply(count, reply.topic ?? "no topic", reply);
      expect(rebuilt.map(toHex)).toEqual(frames.map(toHex));
      const batch = reply.kind === "end" ? undefined : reply;
      const again = batch && encodeBatch(dialectOf(line), decodeBatchObjects(batch.payload));
      expect(again && toHex(again)).toBe(batch && toHex(batch.payload));
    }
  });
});

describe.skipIf(!sharedAvailable)("replays of the basic recording (needs ../shared)", () => {
  const lines = sharedAvailable ? linesOf("basic-sha256_cbor") : [];

  it("hold the payloads that were sent live", () => {
    const live = new Map(lines.filter((line) => line.kind === "event").map((line) => [line.seq, line.payload_hex]));
    const replies = lines.filter((line) => line.kind === "replay").map((line) => parseReplayReply(atDealer(line)));
    const batches = replies.filter((reply) => reply.kind === "batch");
    expect(batches.length).toBeGreaterThan(100);
    for (const { seq, payload } of batches) expect(toHex(payload)).toBe(live.get(seq));
  });

  it("were asked for in the form that our request parser takes", () => {
    const request = lines.find((line) => line.kind === "replay_request" && line.label === "from5");
    const frames = [encodeSeq(0), ...(request?.frames_hex ?? []).map(fromHex)];
    expect(parseReplayRequest(frames).start).toBe(5);
  });
});

describe.skipIf(!sharedAvailable)("salts and adapters in the recordings (needs ../shared)", () => {
  const storedIn = (file: string): SeenEvent[] =>
    linesOf(file)
      .filter((line) => line.kind === "event")
      .flatMap((line) => readBatch(fromHex(line.payload_hex)).events)
      .filter((event) => event.type === "stored");

  it("tells adapter from salt by lora_name, so base, adapter and tenant never share a prefix", () => {
    const kinds = new Set(storedIn("lora").map(({ loraName, salt, taint }) => JSON.stringify([loraName, salt, taint])));
    expect(kinds).toEqual(
      new Set([
        "[null,null,null]",
        '["loraA",null,null]',
        '["loraB",null,null]',
        '["loraC",null,null]',
        '["loraA","salt-A",null]',
      ]),
    );
  });

  it("finds the salt of salted requests, and taints nothing", () => {
    const stored = storedIn("basic-sha256_cbor");
    expect(stored.some((event) => event.salt === "salt-A")).toBe(true);
    expect(stored.every((event) => event.taint === null)).toBe(true);
  });

  it("delivers sparse hybrid events as they are: fewer hashes than blocks of tokens, or none", () => {
    const sparse = storedIn("hybrid-swa").filter(
      ({ hashes = [], tokens = [], blockSize = 0 }) => hashes.length * blockSize < tokens.length,
    );
    expect(sparse.some(({ hashes }) => hashes?.length === 0)).toBe(true);
    expect(sparse.some(({ hashes }) => hashes?.length !== 0)).toBe(true);
  });
});
