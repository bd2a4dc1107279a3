import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../../base/package-root.js";
import type { PrefixIndexStats } from "../../index/index-types.js";
import type { StreamStatus } from "../../ports.js";
import type { FleetReading } from "./fleet-metrics.js";
import { GatewayMetrics } from "./gateway-metrics.js";
import type { StreamReading } from "./stream-metrics.js";

const documented = [
  ...readFileSync(join(packageRoot, "docs/reference/metrics.md"), "utf8").matchAll(
    /^\| `(kvproof_gateway_\w+)` \| (\w+) \|/gm,
  ),
].map(([, name, type]) => ({ name: name as string, type: type as string }));

/** Every number is `n`, so that a page of n=1 and one of n=2 differ in every metric that is really read. */
function status(n: number): StreamStatus {
  return {
    state: n === 1 ? "catching-up" : "live",
    connected: n > 1,
    lastSeq: n,
    lives: n,
    receivedBatches: n,
    appliedBatches: n,
    duplicateBatches: n,
    rejectedBatches: n,
    droppedBatches: n,
    heldBatches: n,
    appliedEvents: n,
    malformedEvents: n,
    unknownEvents: n,
    blockOperations: n,
    gaps: n,
    missingBatches: n,
    replays: n,
    replayFailures: n,
    replayedBatches: n,
    purges: n,
    reconnects: n,
    credit: n / 2,
    lastHeardNs: n * 1e9,
    receivedBytes: n * 100,
  };
}

function index(n: number): PrefixIndexStats {
  const keys =
    "holders blocks nodes parked unplaced capBlocks bytes storedBlocks removedBlocks evictedByCap orphansParked " +
    "orphansAdopted orphansDropped unknownRemovals sparseEvents conflicts adapterReloads lateBatches";
  return Object.fromEntries(keys.split(" ").map((key) => [key, n])) as unknown as PrefixIndexStats;
}

function fleet(n: number): FleetReading {
  const engine = { engine: "m/1", healthy: n > 1, load: n, served: n, blocks: n };
  return { engines: n === 1 ? [engine] : [engine, { ...engine, engine: "m/2" }], index: index(n), tokenizerBytes: n };
}

function countEverything({ requests }: GatewayMetrics): void {
  requests.requestBegan();
  requests.requestBegan();
  requests.requestEnded("/v1/completions", 200, 0.01);
  requests.firstByte("/v1/completions", 0.005);
  requests.retried("refused");
  requests.upstreamFailed("status");
  requests.clientAborted();
  requests.decided("longest-match", 100, 64);
  requests.tokenized("hit");
  requests.healthChecked("ok");
  requests.adapterDropped();
  requests.apiAnswered("/query", 200, 0.0002);
}

const linesOf = (page: string, name: string): string[] =>
  page.split("\n").filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?[ {]`).test(line));

describe("the metrics page", () => {
  const metrics = new GatewayMetrics();
  let n = 1;
  const streams = (): StreamReading[] => [{ engine: "m/1", rank: 0, status: status(n) }];
  metrics.observe({ streams, fleet: () => fleet(n), nowNs: () => 10e9 });

  it("has exactly what is documented, with the documented types", async () => {
    const page = await metrics.page();
    const present = [...page.matchAll(/^# TYPE (kvproof_gateway_\w+) (\w+)$/gm)].map(([, name, type]) => ({
      name,
      type,
    }));
    const byName = (a: { name?: string }, b: { name?: string }): number => String(a.name).localeCompare(String(b.name));
    expect(present.sort(byName)).toEqual([...documented].sort(byName));
    expect(documented.length).toBeGreaterThan(40);
    expect(page).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(page).toMatch(/^process_resident_memory_bytes /m);
    // Where the kernel counts it: without it a starved machine would look like a slow router.
    expect(/^process_cpu_wait_seconds_total [\d.]+/m.test(page)).toBe(existsSync("/proc/self/schedstat"));
  });

  it("moves in every documented metric: a dashboard of dead metrics is worse than none", async () => {
    n = 1;
    const before = await metrics.page();
    n = 2;
    countEverything(metrics);
    const after = await metrics.page();
    const still = documented.filter(({ name }) => linesOf(before, name).join() === linesOf(after, name).join());
    expect(still).toEqual([]);
  });

  it("reads each stream's counters as they are, scrape after scrape, and forgets streams that are gone", async () => {
    n = 2;
    await metrics.page();
    const name = "kvproof_gateway_batches_received_total";
    expect(linesOf(await metrics.page(), name)).toEqual([`${name}{engine="m/1",rank="0"} 2`]);
    const gone = new GatewayMetrics();
    let present = streams();
    gone.observe({ streams: () => present, fleet: () => fleet(1), nowNs: () => 0 });
    expect(linesOf(await gone.page(), name)).toHaveLength(1);
    present = [];
    expect(linesOf(await gone.page(), name)).toEqual([]);
  });

  it("is of one moment: results add up to what was received", async () => {
    const racing = new GatewayMetrics();
    let received = 0;
    // A stream that moves on with every look at it.
    const moving = (): StreamReading[] => [
      {
        engine: "m/1",
        rank: 0,
        status: { ...status(1), receivedBatches: ++received, appliedBatches: received, duplicateBatches: 0 },
      },
    ];
    racing.observe({ streams: moving, fleet: () => fleet(1), nowNs: () => 0 });
    const page = await racing.page();
    expect(page).toContain('kvproof_gateway_batches_received_total{engine="m/1",rank="0"} 1\n');
    expect(page).toContain('kvproof_gateway_batches_total{engine="m/1",rank="0",result="applied"} 1\n');
  });
});
