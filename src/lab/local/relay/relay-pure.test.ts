/** The relay's pure parts: what goes out may depend on neither how bytes are cut nor when they are looked at. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Rng } from "../../../base/rng.js";
import { buildEventMessage, buildReplayEnd, buildReplayReply } from "../../../protocol/frames.js";
import { encodePong, encodeReady } from "../../../protocol/zmtp/command.js";
import { encodeMessage } from "../../../protocol/zmtp/frame.js";
import { FrameParser } from "../../../protocol/zmtp/frame-parser.js";
import { encodeGreeting, GREETING_BYTES } from "../../../protocol/zmtp/greeting.js";
import type { StreamDisturbance } from "../../links.js";
import { DelayLine } from "./delay-line.js";
import { BurntNumbers } from "./editors/burn.js";
import type { EditorSite } from "./editors/editor.js";
import { EditorChain } from "./editors/editor-chain.js";
import { makeEditor } from "./editors/make-editor.js";
import { handshakeLateness, latenessOf, RTO_INITIAL_MS, RTO_MIN_MS } from "./retransmission.js";
import { chosen } from "./seeded-choice.js";
import { FREE, Pacer, shapeOf } from "./shape.js";

const TOPIC = "kv@e@m";
const SITE: EditorSite = { rank: 0, seed: 3, saw: () => undefined, lost: () => undefined, kept: () => undefined };

function payload(seq: number): Uint8Array {
  return new Uint8Array(seq % 3 === 0 ? 20 : 400).fill(seq & 0x7f);
}

/** What a publisher sends: greeting, READY, batches with PONGs between and, now and then, within them. */
function liveStream(count: number): Buffer {
  const parts: Uint8Array[] = [encodeGreeting(), encodeReady({ socketType: "PUB" })];
  for (let seq = 0; seq < count; seq++) {
    parts.push(encodeMessage(buildEventMessage(TOPIC, seq, payload(seq))));
    if (seq % 4 === 0) parts.push(encodePong(Uint8Array.of(seq)));
  }
  return Buffer.concat(parts);
}

function replayStream(count: number): Buffer {
  const batches = Array.from({ length: count }, (_, seq) => buildReplayReply(4, TOPIC, { seq, payload: payload(seq) }));
  const messages = [...batches, buildReplayEnd(4)].map(encodeMessage);
  return Buffer.concat([encodeGreeting(), encodeReady({ socketType: "ROUTER" }), ...messages]);
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Everything that comes out, at one moment, flushed at the end. */
function edited(
  port: "events" | "replay",
  chunks: readonly Buffer[],
  disturbances: readonly StreamDisturbance[],
): Buffer {
  const out: Uint8Array[] = [];
  const chain = new EditorChain(port, (bytes) => out.push(Uint8Array.from(bytes)));
  const burnt = new BurntNumbers(() => undefined);
  disturbances.forEach((disturbance, i) => {
    const editor = makeEditor(disturbance, port, SITE, burnt);
    if (editor !== null) chain.add(`${i}`, editor);
  });
  for (const chunk of chunks) chain.push(chunk, 0);
  for (const id of chain.ids()) chain.remove(id, 0);
  expect(chain.heldBytes).toBe(0);
  return Buffer.concat(out);
}

/** Numbers of the live batches in a stream, in order. */
function seqsIn(bytes: Buffer): number[] {
  const seqs: number[] = [];
  let frames: Uint8Array[] = [];
  const parser = new FrameParser({
    message(body, more) {
      frames.push(Uint8Array.from(body));
      if (more) return;
      seqs.push(Number(Buffer.from(frames[1] as Uint8Array).readBigUInt64BE()));
      frames = [];
    },
    command: () => undefined,
  });
  parser.push(bytes.subarray(GREETING_BYTES));
  return seqs;
}

const LIVE: readonly StreamDisturbance[] = [
  { kind: "drop", probability: 0.3 },
  { kind: "duplicate", probability: 0.3 },
  { kind: "corrupt-payload", probability: 0.3 },
  { kind: "burn", probability: 0.3 },
  { kind: "reorder", probability: 0.3, distance: 2 },
  { kind: "late", probability: 0.3, byMs: 10 },
  { kind: "stall" },
  ...(["length", "flags", "greeting", "multipart-cut"] as const).map(
    (what) => ({ kind: "corrupt-frame", what, probability: 0.3 }) as const,
  ),
];
const REPLAY: readonly StreamDisturbance[] = [
  { kind: "replay-truncated", keep: 3 },
  { kind: "replay-silent" },
  { kind: "replay-without-end" },
  { kind: "replay-slow", everyMs: 5 },
  { kind: "replay-reordered", byMs: 20 },
];
const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });

describe("edited streams", () => {
  it.each([...LIVE, ...REPLAY].map((d) => [JSON.stringify(d), d] as const))(
    "are the same however the bytes are cut: %s",
    (_, disturbance) => {
      const port = disturbance.kind.startsWith("replay") ? "replay" : "events";
      const stream = port === "replay" ? replayStream(12) : liveStream(24);
      const whole = edited(port, [stream], [disturbance]);
      fc.assert(
        fc.property(sizes, (pieces) => {
          expect(edited(port, cut(stream, pieces), [disturbance]).equals(whole)).toBe(true);
        }),
        { numRuns: 40 },
      );
    },
  );

  it("lose nothing but what is meant to be lost, whenever a fault begins and ends", () => {
    const stream = liveStream(30);
    fc.assert(
      fc.property(sizes, fc.nat(40), fc.nat(40), (pieces, from, length) => {
        const out: Uint8Array[] = [];
        const chain = new EditorChain("events", (bytes) => out.push(Uint8Array.from(bytes)));
        cut(stream, pieces).forEach((chunk, i) => {
          const editor = makeEditor(
            { kind: "late", probability: 0.5, byMs: 5 },
            "events",
            SITE,
            new BurntNumbers(() => undefined),
          );
          if (i === from && editor !== null) chain.add("late", editor);
          if (i === from + length) chain.remove("late", i);
          if (chain.idle) {
            chain.follow(chunk);
            out.push(chunk);
          } else {
            chain.push(chunk, i);
            chain.release(i);
          }
        });
        chain.remove("late", 1000);
        const seqs = seqsIn(Buffer.concat(out));
        expect([...seqs].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
      }),
      { numRuns: 100 },
    );
  });

  it("pass through several editors, each seeing what the one before let through", () => {
    const stream = liveStream(60);
    const both = seqsIn(
      edited(
        "events",
        [stream],
        [
          { kind: "drop", probability: 0.5 },
          { kind: "duplicate", probability: 1 },
        ],
      ),
    );
    const dropped = seqsIn(edited("events", [stream], [{ kind: "drop", probability: 0.5 }]));
    expect(both).toEqual(dropped.flatMap((seq) => [seq, seq]));
    expect(dropped.length).toBeGreaterThan(15);
    expect(dropped.length).toBeLessThan(45);
  });
});

describe("seeded choices", () => {
  it("hit their share, differ by seed and rank, and are the same for the same number", () => {
    const hits = (seed: number, rank: number): number[] =>
      Array.from({ length: 10_000 }, (_, seq) => seq).filter((seq) => chosen(0.1, seed, rank, seq));
    expect(hits(1, 0).length).toBeGreaterThan(900);
    expect(hits(1, 0).length).toBeLessThan(1100);
    expect(hits(1, 0)).toEqual(hits(1, 0));
    expect(hits(1, 0)).not.toEqual(hits(2, 0));
    expect(hits(1, 0)).not.toEqual(hits(1, 1));
    expect(chosen(1, 5, 0, 2 ** 40)).toBe(true);
  });

  it("burn a number once, and none that a replay has delivered", () => {
    const told: number[] = [];
    const burnt = new BurntNumbers((seq) => told.push(seq));
    burnt.deliveredBy = 4;
    expect([burnt.burn(4), burnt.burn(5), burnt.burn(5)]).toEqual([false, true, true]);
    expect(told).toEqual([5]);
  });
});

describe("a delay line", () => {
  it("keeps order, waits when closed, and lets all go when hurried", () => {
    const line = new DelayLine();
    line.enter(Uint8Array.of(1), 0, 10);
    line.enter(Uint8Array.of(2), 0, 20);
    expect(line.leave(9)).toBeUndefined();
    expect(line.leave(10)).toEqual({ bytes: Uint8Array.of(1), waitedMs: 10 });
    line.closed = true;
    expect([line.leave(100), line.nextMs]).toEqual([undefined, Number.POSITIVE_INFINITY]);
    line.closed = false;
    line.hurry(12);
    expect(line.leave(12)).toEqual({ bytes: Uint8Array.of(2), waitedMs: 12 });
    expect([line.empty, line.bytes, line.lose()]).toEqual([true, 0, 0]);
  });
});

describe("pacing", () => {
  it("never lets later bytes arrive before earlier ones, whatever the chance", () => {
    const arrivals = fc.array(fc.record({ at: fc.nat(50), bytes: fc.integer({ min: 1, max: 9000 }) }), {
      minLength: 1,
    });
    const shapes = fc.record({
      latencyMs: fc.nat(100),
      jitterMs: fc.nat(100),
      lossProbability: fc.double({ min: 0, max: 0.6, noNaN: true }),
      kbitPerS: fc.integer({ min: 8, max: 10_000 }),
    });
    fc.assert(
      fc.property(arrivals, shapes, fc.integer(), (chunks, shape, seed) => {
        const pacer = new Pacer(new Rng(seed));
        let now = 0;
        let last = 0;
        let bytes = 0;
        for (const chunk of chunks) {
          now += chunk.at;
          pacer.pace(new Uint8Array(chunk.bytes), now, { ...FREE, ...shape }, (piece, dueMs) => {
            expect(dueMs).toBeGreaterThanOrEqual(Math.max(last, now));
            last = dueMs;
            bytes += piece.length;
          });
        }
        expect(bytes).toBe(chunks.reduce((sum, chunk) => sum + chunk.bytes, 0));
      }),
    );
  });

  it("adds up what lies on one direction", () => {
    const far = { kind: "delay", latencyMs: 20, jitterMs: 5, directions: ["to-gateway"] } as const;
    const lossy = { kind: "loss", probability: 0.5 } as const;
    expect(shapeOf([far, far, lossy, lossy], "to-gateway")).toMatchObject({
      latencyMs: 40,
      jitterMs: 10,
      lossProbability: 0.75,
    });
    expect(shapeOf([far], "to-engine")).toBe(FREE);
  });

  it("makes lost segments late as TCP does: fast with followers, else by time-outs that double", () => {
    const always = { chance: () => true } as unknown as Rng;
    const once = (): Rng => {
      let left = 1;
      return { chance: () => left-- > 0 } as unknown as Rng;
    };
    expect(latenessOf(once(), 0.5, 5)).toEqual({ lateMs: 2, retransmissions: 1 });
    expect(latenessOf(once(), 0.5, 2)).toEqual({ lateMs: RTO_MIN_MS, retransmissions: 1 });
    expect(handshakeLateness(once(), 0.5)).toEqual({ lateMs: RTO_INITIAL_MS, retransmissions: 1 });
    expect(latenessOf(always, 1, 0)).toMatchObject({ retransmissions: 15 });
  });
});
