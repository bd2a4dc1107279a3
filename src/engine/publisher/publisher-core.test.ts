import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildReplayRequest, parseEventMessage, parseReplayReply } from "../../protocol/frames.js";
import { PublisherCore } from "./publisher-core.js";

const client = Uint8Array.of(0, 1, 2, 3, 4);

function aPublisher(dialect: "vllm-0.30" | "vllm-0.22", bufferSteps = 10_000): PublisherCore {
  return new PublisherCore({ dialect, topic: "kv@pod@m", bufferSteps });
}

function payloadOf(seq: number): Uint8Array {
  return Uint8Array.of(seq & 0xff, seq >> 8);
}

function replayed(core: PublisherCore, start: number): { seqs: number[]; ended: boolean; frames: Set<number> } {
  const replies = [...core.replay(client, start)].map((frames) => {
    expect(frames[0]).toBe(client);
    return { count: frames.length - 1, reply: parseReplayReply(frames.slice(1)) };
  });
  const seqs = replies.flatMap(({ reply }) => (reply.kind === "batch" ? [reply.seq] : []));
  return { seqs, ended: replies.at(-1)?.reply.kind === "end", frames: new Set(replies.map(({ count }) => count)) };
}

describe("publisher core", () => {
  it("numbers batches from 0 without holes, so that a consumer can tell a loss from a silence", () => {
    const core = aPublisher("vllm-0.30");
    const seqs = Array.from({ length: 300 }, (_, i) => parseEventMessage(core.admit(payloadOf(i))));
    expect(seqs.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect(seqs[7]).toEqual({ topic: "kv@pod@m", seq: 7, payload: payloadOf(7) });
  });

  it.each([
    ["vllm-0.30", 4],
    ["vllm-0.22", 3],
  ] as const)("answers a replay in the frames of %s", (dialect, frameCount) => {
    const core = aPublisher(dialect);
    for (let i = 0; i < 5; i++) core.admit(payloadOf(i));
    expect(replayed(core, 2)).toEqual({ seqs: [2, 3, 4], ended: true, frames: new Set([frameCount]) });
    expect(replayed(core, 5)).toEqual({ seqs: [], ended: true, frames: new Set([frameCount]) });
  });

  it("never replays a burnt number, and starts at the oldest batch it still has", () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat({ max: 70 }),
        (burns, bufferSteps, start) => {
          const core = aPublisher("vllm-0.30", bufferSteps);
          const sent: number[] = [];
          for (const burn of burns) {
            if (burn) core.burn();
            else sent.push(parseEventMessage(core.admit(payloadOf(core.nextSeq))).seq);
          }
          expect(core.nextSeq).toBe(burns.length);
          expect(replayed(core, start).seqs).toEqual(sent.slice(-bufferSteps).filter((seq) => seq >= start));
        },
      ),
    );
  });

  it("reads start numbers of any length and ignores requests of any other shape", () => {
    const core = aPublisher("vllm-0.30");
    expect(core.readRequest([client, ...buildReplayRequest(70_000)])).toEqual({
      kind: "replay",
      client,
      start: 70_000,
    });
    expect(core.readRequest([client, new Uint8Array(0), Uint8Array.of(5)])).toMatchObject({ kind: "replay", start: 5 });
    expect(core.readRequest([client, new Uint8Array(0), new Uint8Array(0)])).toMatchObject({
      kind: "replay",
      start: 0,
    });
    expect(core.readRequest([client, new Uint8Array(8)])).toMatchObject({ kind: "ignored" });
    expect(core.readRequest([client, new Uint8Array(0), new Uint8Array(8), new Uint8Array(0)])).toMatchObject({
      kind: "ignored",
    });
  });
});
