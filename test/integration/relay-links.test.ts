/** Faults of the link below the stream: what libzmq on both sides lives through, and what the relay says of it. */
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { RelayWorld } from "./relay-world.js";

const missing = (sent: readonly number[], got: readonly number[]): number[] => sent.filter((seq) => !got.includes(seq));

/** How a new TCP connection to the endpoint begins. */
function dialled(endpoint: string, withinMs = 200): Promise<"greeted" | "accepted" | "refused"> {
  const { hostname, port } = new URL(endpoint.replace("tcp:", "http:"));
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const end = (how: "greeted" | "accepted" | "refused"): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve(how);
    };
    const patience = setTimeout(() => end("accepted"), withinMs);
    socket.once("data", () => end("greeted"));
    socket.once("error", () => end("refused"));
  });
}

describe("a link", () => {
  it("falls silent in both directions, nobody is told, and what was under way arrives afterwards", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("cut", { kind: "silence", directions: ["to-gateway", "to-engine"] });
    const before = world.live.length;
    const sent = await world.publish(20);
    await world.until("bytes to wait", async () => (await world.look("cut")).heldBytes > 5000);
    expect(await dialled(world.endpoint("events"))).toBe("accepted");
    expect(world.live.length).toBe(before);
    expect((await world.look("cut")).silentMs["to-gateway"]).toBeGreaterThan(100);
    await world.end("cut");
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    expect(await world.look("cut")).toMatchObject({ heldBytes: 0, lostBytes: 0, reset: 0 });
  });

  it("stays half-open: the engine does not learn that the consumer hung up before the link is back", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("cut", { kind: "silence", directions: ["to-gateway", "to-engine"] });
    world.hangUp();
    await world.publish(5);
    await world.until(
      "bytes to wait for a consumer that is gone",
      async () => (await world.look("cut")).heldBytes > 1000,
    );
    expect((await world.look("cut")).open).toBe(1);
    await world.end("cut");
    await world.until("the connection to end", async () => (await world.look("cut")).open === 0);
  });

  it("falls silent one way only", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("deaf", { kind: "silence", directions: ["to-engine"] });
    const sent = await world.publish(10);
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    expect(await world.replay(0, 200)).toEqual([]);
    await world.end("deaf");
    expect(await world.replay(sent[9] as number)).toEqual([sent[9], "end"]);
  });

  it("is reset and refused, and comes back", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("cut", { kind: "refuse", reset: true });
    expect(await dialled(world.endpoint("events"))).toBe("refused");
    const account = await world.look("cut");
    expect(account).toMatchObject({ open: 0, reset: 1, accepted: 0 });
    await world.end("cut");
    await world.settle();
  });

  it("is refused to newcomers only", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("full", { kind: "refuse", reset: false }, ["events"]);
    expect(await dialled(world.endpoint("events"))).toBe("refused");
    await world.settle();
    expect(await world.replay(0)).toContain("end");
  });

  it("swallows everything, and ends with the black hole", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("hole", { kind: "blackhole" }, ["replay", "events"]);
    const sent = await world.publish(10);
    expect(await dialled(world.endpoint("replay"))).toBe("accepted");
    await world.until("bytes to be lost", async () => (await world.look("hole")).lostBytes > 3000);
    await world.end("hole");
    await world.settle();
    expect(missing(sent, world.liveSeqs())).toEqual(sent);
    expect(await world.replay(sent[9] as number)).toContain("end");
  });

  it("is reset again and again", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("storm", { kind: "storm", everyMs: 50 }, ["events"]);
    await world.until("several resets", async () => (await world.look("storm")).reset >= 3);
    await world.end("storm");
    const before = world.live.length;
    await world.settle();
    expect(world.live.length).toBeGreaterThan(before);
  });

  it("is late, in order", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("far", { kind: "delay", latencyMs: 80, jitterMs: 40, directions: ["to-gateway"] });
    const sent: number[] = [];
    for (let i = 0; i < 10; i++) sent.push(...(await world.publish(1)));
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    expect((await world.look("far")).worstDelayMs).toBeGreaterThanOrEqual(40);
    expect(world.liveSeqs()).toEqual([...world.liveSeqs()].sort((a, b) => a - b));
    await world.end("far");
    await world.settle();
  });

  it("loses segments, which TCP would send again: all arrives, late", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("lossy", { kind: "loss", probability: 0.3 });
    const sent = await world.publish(20, 2000);
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    const { retransmissions, worstDelayMs, lostBytes } = await world.look("lossy");
    expect(retransmissions).toBeGreaterThan(0);
    expect(worstDelayMs).toBeGreaterThanOrEqual(2);
    expect(lostBytes).toBe(0);
  });

  it("connects at once when the loss is over that kept a handshake back", async () => {
    const world = await RelayWorld.open();
    // Nearly every try is lost: the next are after 1, 2, 4, 8 … s.
    await world.begin("lossy", { kind: "loss", probability: 0.99 });
    const greeted = dialled(world.endpoint("events"), 5_000);
    await world.until("the connection to be up at the relay", async () => (await world.look("lossy")).accepted > 0);
    await world.end("lossy");
    expect(await greeted).toBe("greeted");
  });

  it("is narrow: bytes come at the rate and no faster", async () => {
    const world = await RelayWorld.open();
    await world.subscribe();
    await world.begin("narrow", { kind: "bandwidth", kbitPerS: 800 });
    const began = performance.now();
    const sent = await world.publish(10, 5000);
    await world.until("all batches", () => missing(sent, world.liveSeqs()).length === 0);
    expect(performance.now() - began).toBeGreaterThanOrEqual((10 * 5000 * 8) / 800 - 50);
    expect((await world.look("narrow")).worstDelayMs).toBeGreaterThan(100);
  });
});

describe("backpressure", () => {
  it("reaches the publisher: what exceeds its high-water mark behind a silent link is lost by libzmq, not by the relay", async () => {
    const world = await RelayWorld.open({ sendHighWaterMark: 10 });
    await world.subscribe();
    await world.begin("cut", { kind: "silence", directions: ["to-gateway"] });
    const sent = await world.publish(400, 64 * 1024);
    const held = await world.look("cut");
    // The relay's own limit, and what one read can add to it.
    expect(held.heldBytes).toBeLessThan(2 * 1024 * 1024);
    await world.end("cut");
    await world.settle();
    const gone = missing(sent, world.liveSeqs());
    expect(gone.length).toBeGreaterThan(10);
    expect((await world.look("cut")).lostBytes).toBe(0);
    const [first] = await world.publish(1);
    await world.until("the stream to go on", () => world.liveSeqs().includes(first as number));
  });
});
