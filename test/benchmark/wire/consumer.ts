/**
 * The gateway's own receiving path and nothing else, on one thread: ZMTP socket, frame parser, session, decoder, index. It tells
 * its parent what it has applied and what it cost.
 */
import { systemClock } from "../../../src/base/clock.js";
import { silentLogger } from "../../../src/base/log.js";
import { PrefixIndex } from "../../../src/gateway/index/prefix-index.js";
import { IngestScheduler } from "../../../src/gateway/ingest-scheduler.js";
import { StreamFollower } from "../../../src/gateway/stream-follower.js";
import { BLOCK_SIZE } from "./batches.js";

const MAX_BLOCKS = 16_000_000;

export interface ConsumerState {
  readonly at: number;
  readonly applied: number;
  readonly lastSeq: number;
  readonly notApplied: number;
  readonly gaps: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly indexBytes: number;
  readonly indexBlocks: number;
  readonly receivedBytes: number;
  readonly events: number;
  readonly unknownRemovals: number;
}

/** `port`: of the publisher, on 127.0.0.1. Answers every message of its parent with its state. */
export function runConsumer(port: number): void {
  const index = new PrefixIndex({ seed: 7, maxBlocks: MAX_BLOCKS });
  const engine = "wire/1";
  const holder = index.addHolder({ engine, rank: 0, model: "wire", blockSize: BLOCK_SIZE });
  const follower = new StreamFollower({
    engine,
    rank: 0,
    events: `tcp://127.0.0.1:${port}`,
    replay: null,
    topic: "kv@wire",
    sink: index.sink(holder),
    scheduler: new IngestScheduler(),
    clock: systemClock,
    log: silentLogger,
  });
  follower.start();
  process.on("message", () => process.send?.(stateOf(follower, index)));
  process.on("disconnect", () => process.exit(0));
}

function stateOf(follower: StreamFollower, index: PrefixIndex): ConsumerState {
  const status = follower.status();
  const stats = index.stats();
  const { user, system } = process.cpuUsage();
  return {
    at: systemClock.nowNs(),
    applied: status.appliedBatches,
    lastSeq: status.lastSeq,
    notApplied: status.rejectedBatches + status.droppedBatches + status.duplicateBatches + status.missingBatches,
    gaps: status.gaps,
    cpuSeconds: (user + system) / 1e6,
    rssBytes: process.memoryUsage.rss(),
    indexBytes: stats.bytes,
    indexBlocks: stats.blocks,
    receivedBytes: status.receivedBytes,
    events: status.appliedEvents,
    unknownRemovals: stats.unknownRemovals,
  };
}
