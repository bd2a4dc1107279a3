/** Faults of the event stream between a libzmq publisher and a libzmq consumer: what arrives, and what the relay says of it. */
import { describe, expect, it } from "vitest";
import { RelayWorld } from "./relay-world.js";

const missing = (sent: readonly number[], got: readonly (number | "end")[]): number[] =>
  sent.filter((seq) => !got.includes(seq));

describe("a relayed stream", () => {
  it("arrives as it was sent while nobody disturbs it", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    const sent = await world.publish(200, 3000);
    await world.until("all batches", () => world.liveSeqs().includes(sent.at(-1) as number));
    expect(missing(sent, world.liveSeqs())).toEqual([]);
    expect(world.live.every(({ seq, payload }) => Buffer.compare(payload, world.payloadOf(seq)) === 0)).toBe(true);
    const replayed = await world.replay(0);
    expect(replayed).toEqual([...Array.from({ length: (sent.at(-1) as number) + 1 }, (_, i) => i), "end"]);
  });

  it("loses the chosen messages live, and only there; the same seed loses the same ones", async () => {
    const lost: number[][] = [];
    for (let i = 0; i < 2; i++) {
      const world = await RelayWorld.open();
      await world.subscribe();
      await world.begin("drop", { kind: "drop", probability: 0.3 });
      const sent = await world.publish(100);
      const edited = async (): Promise<number> => (await world.look("drop")).messages;
      await world.until("all to be seen", async () => (await edited()) >= 100);
      await world.end("drop");
      await world.settle();
      const gone = missing(sent, world.liveSeqs());
      expect(gone.length).toBeGreaterThan(10);
      expect(gone.length).toBe((await world.look("drop")).edited);
      expect(missing(sent, await world.replay(sent[0] as number))).toEqual([]);
      lost.push(gone.filter((seq) => seq >= 20 && seq < 80));
    }
    expect(lost[0]).toEqual(lost[1]);
  });

  it("brings duplicates", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("twice", { kind: "duplicate", probability: 1 });
    const [seq] = await world.publish(1);
    await world.until("both copies", () => world.liveSeqs().filter((s) => s === seq).length === 2);
    const { messages, edited } = await world.look("twice");
    expect(edited).toBe(messages);
  });

  it("brings later messages first", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("swap", { kind: "reorder", probability: 0.3, distance: 2 });
    const sent = await world.publish(60);
    await world.until("all to be seen", async () => (await world.look("swap")).messages >= 60);
    await world.end("swap");
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    const order = world.liveSeqs().slice(-60);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect((await world.look("swap")).heldBytes).toBe(0);
  });

  it("holds single messages back for a time", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("late", { kind: "late", probability: 0.2, byMs: 150 });
    const sent = await world.publish(40);
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    expect((await world.look("late")).worstDelayMs).toBeGreaterThanOrEqual(150);
  });

  it("brings payloads that no MessagePack reader takes, live only", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("garble", { kind: "corrupt-payload", probability: 1 });
    const sent = await world.publish(20);
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    const garbled = world.live.filter(({ seq }) => sent.includes(seq));
    expect(garbled.every(({ payload }) => payload.includes(0xc1))).toBe(true);
  });

  it.each(["length", "flags", "multipart-cut"] as const)(
    "breaks frames (%s): none of them arrives right",
    async (what) => {
      const world = await RelayWorld.open();
      await world.subscribe();
      const before = world.live.length;
      await world.begin("break", { kind: "corrupt-frame", what, probability: 1 });
      const sent = await world.publish(10);
      await world.until("damage", async () => (await world.look("break")).edited >= 10);
      await world.end("break");
      await world.subscribeAnew();
      const right = ({ seq, payload }: { seq: number; payload: Uint8Array }): boolean =>
        Buffer.compare(payload, world.payloadOf(seq)) === 0;
      expect(world.live.slice(before).filter((batch) => sent.includes(batch.seq) && right(batch))).toEqual([]);
      expect(world.live.slice(before).some(right)).toBe(true);
    },
  );

  it("breaks greetings: no connection comes about until the end", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("greet", { kind: "corrupt-frame", what: "greeting", probability: 1 }, ["events"]);
    await world.until("damage", async () => (await world.look("greet")).edited > 0);
    const before = world.live.length;
    await world.publish(5);
    expect(world.live.length).toBe(before);
    await world.end("greet");
    await world.subscribeAnew();
  });

  it("stops in the middle of a message and goes on where it stopped", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    const before = world.live.length;
    await world.begin("stall", { kind: "stall" });
    const sent = await world.publish(20, 5000);
    await world.until("bytes to be held", async () => (await world.look("stall")).heldBytes > 50_000);
    expect(world.live.length).toBe(before);
    await world.end("stall");
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    expect(world.live.every(({ seq, payload }) => Buffer.compare(payload, world.payloadOf(seq)) === 0)).toBe(true);
  });

  it("burns numbers for good: live, in every replay, and after the fault", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("burn", { kind: "burn", probability: 0.3 });
    const sent = await world.publish(50);
    await world.until("all to be seen", async () => (await world.look("burn")).messages >= 50);
    expect(missing(sent, await world.replay(0))).toEqual(world.burnt);
    await world.end("burn");
    await world.settle();
    expect(world.burnt.length).toBeGreaterThan(5);
    expect(missing(sent, world.liveSeqs())).toEqual(world.burnt);
    expect(missing(sent, await world.replay(0))).toEqual(world.burnt);
  });
});

describe("replays through the relay", () => {
  it("end too early, with END", async () => {
    const world = await RelayWorld.open();
    await world.publish(10);
    await world.begin("cut", { kind: "replay-truncated", keep: 3 });
    expect(await world.replay(2)).toEqual([2, 3, 4, "end"]);
    await world.end("cut");
    expect(await world.replay(7)).toEqual([7, 8, 9, "end"]);
  });

  it("are silent, or lack their END", async () => {
    const world = await RelayWorld.open();
    await world.publish(3);
    await world.begin("silent", { kind: "replay-silent" });
    expect(await world.replay(0)).toEqual([]);
    await world.end("silent");
    await world.begin("endless", { kind: "replay-without-end" });
    expect(await world.replay(0)).toEqual([0, 1, 2]);
    expect(await world.look("endless")).toMatchObject({ messages: 4, edited: 1 });
  });

  it("come slowly", async () => {
    const world = await RelayWorld.open();
    await world.publish(5);
    await world.begin("slow", { kind: "replay-slow", everyMs: 60 });
    const began = performance.now();
    expect(await world.replay(0)).toEqual([0, 1, 2, 3, 4, "end"]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(6 * 60 - 1);
  });

  it("come late and in another order, END last", async () => {
    const world = await RelayWorld.open();
    await world.publish(12);
    await world.begin("mixed", { kind: "replay-reordered", byMs: 80 });
    const replies = await world.replay(0, 1000);
    expect(replies.at(-1)).toBe("end");
    const seqs = replies.slice(0, -1) as number[];
    expect([...seqs].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(seqs).not.toEqual([...seqs].sort((a, b) => a - b));
  });
});
