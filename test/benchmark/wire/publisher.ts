/**
 * A raw ZMTP publisher in a process of its own: one subscriber, batches encoded beforehand, sent when they are due. What the
 * subscriber does not take waits here, and shows as lateness; nothing is dropped.
 */
import { createServer, type Socket } from "node:net";
import { systemClock } from "../../../src/base/clock.js";
import { encodeGreeting, GreetingReader } from "../../../src/protocol/zmtp/greeting.js";
import { encodeReady } from "../../../src/protocol/zmtp/command.js";
import { BatchRing, fillBatch } from "./batches.js";

const RING_BATCHES = 32_768;
/** Batches per write at most. */
const SLAB = 512;
const FILL_BLOCKS = 64;
const TICK_MS = 1;
/** No more is handed to the socket while this much waits in it. */
const HIGH_WATER_BYTES = 1 << 20;

export type PublisherOrder =
  | { readonly do: "fill"; readonly blocks: number }
  | { readonly do: "load"; readonly batchesPerS: number; readonly forMs: number };

export interface LoadDone {
  readonly event: "done";
  /** Batches due, sent, and sent altogether since the start. */
  readonly offered: number;
  readonly sent: number;
  readonly total: number;
  readonly latenessP99Ms: number;
  /** Monotonic. */
  readonly startedAt: number;
  readonly stoppedAt: number;
}

/** Talks to its parent over the IPC channel: `{port}` first, then an answer to each order. */
export function runPublisher(): void {
  const ring = new BatchRing(RING_BATCHES);
  let next = 0;
  let filled = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.write(encodeGreeting());
    const greeting = new GreetingReader();
    let greeted = false;
    socket.on("error", (error) => {
      process.stderr.write(`the subscriber is lost: ${error.message}\n`);
      process.exit(1);
    });
    socket.on("data", (chunk: Buffer) => {
      if (greeted) return;
      if (greeting.push(chunk) === undefined) return;
      greeted = true;
      socket.write(encodeReady({ socketType: "PUB" }));
      // Batches before READY would break the handshake.
      process.send?.({ event: "connected" });
    });
    const carryOut = async (order: PublisherOrder): Promise<object> => {
      if (order.do === "load") {
        const done = await load(socket, ring, next, order.batchesPerS, order.forMs);
        next = done.total;
        return done;
      }
      next = await fill(socket, next, filled, order.blocks);
      filled += order.blocks;
      return { event: "filled", total: next };
    };
    const obey = async (order: PublisherOrder): Promise<void> => void process.send?.(await carryOut(order));
    process.on("message", (order: PublisherOrder) => void obey(order));
  });
  server.listen(0, "127.0.0.1", () =>
    process.send?.({ event: "listening", port: (server.address() as { port: number }).port }),
  );
  process.on("disconnect", () => process.exit(0));
}

async function fill(socket: Socket, from: number, block: number, blocks: number): Promise<number> {
  let seq = from;
  for (let done = 0; done < blocks; done += FILL_BLOCKS) {
    await room(socket);
    socket.write(fillBatch(seq++, block + done, FILL_BLOCKS));
  }
  return seq;
}

async function load(socket: Socket, ring: BatchRing, from: number, perS: number, forMs: number): Promise<LoadDone> {
  const startedAt = systemClock.nowNs();
  const lateness: number[] = [];
  const dueBy = (now: number): number => Math.floor((Math.min(now - startedAt, forMs * 1e6) / 1e9) * perS);
  let sent = 0;
  for (let now = startedAt; now - startedAt < forMs * 1e6; now = systemClock.nowNs()) {
    while (sent < dueBy(now) && socket.writableLength < HIGH_WATER_BYTES) {
      const to = Math.min(dueBy(now), sent + SLAB);
      lateness.push((systemClock.nowNs() - startedAt - (sent / perS) * 1e9) / 1e6);
      socket.write(ring.slab(from + sent, from + to));
      sent = to;
    }
    await new Promise<void>((resolve) => void setTimeout(resolve, TICK_MS));
  }
  const stoppedAt = systemClock.nowNs();
  lateness.sort((a, b) => a - b);
  const latenessP99Ms = lateness[Math.floor(lateness.length * 0.99)] ?? 0;
  return { event: "done", offered: dueBy(stoppedAt), sent, total: from + sent, latenessP99Ms, startedAt, stoppedAt };
}

function room(socket: Socket): Promise<void> {
  if (socket.writableLength < HIGH_WATER_BYTES) return Promise.resolve();
  return new Promise((resolve) => socket.once("drain", resolve));
}
