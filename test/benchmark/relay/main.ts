/**
 * What the relay costs while nothing is disturbed: CPU per event beside the gateway's own, and added latency.
 * `npx tsx test/benchmark/relay/main.ts`: real processes on this machine, one engine publishing by itself.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { Subscriber } from "zeromq";
import { waitFor } from "../../../src/base/async.js";
import { LocalLabFactory } from "../../../src/lab/local/local-lab-factory.js";
import type { EngineHandle, Lab } from "../../../src/lab/ports.js";
import { kvproofGatewayDriver } from "../../../src/lab/sut/kvproof-gateway.js";
import { parseSamples } from "../../../src/lab/sut/prometheus-text.js";
import type { SystemUnderTest } from "../../../src/lab/sut/port.js";
import { anEngine } from "../../integration/an-engine.js";

const EVENTS = "kvproof_gateway_events_total";
const ENGINE = "llama/1";
const LATENCY_BATCHES = 2_000;
const WAIT_MS = 60_000;

/** Batches per second, blocks per batch, batches. A full pool: as many blocks are removed as are stored. */
const LOADS = [
  [100, 8, 1_000],
  [1_000, 8, 8_000],
  [1_000, 32, 8_000],
  [4_000, 8, 24_000],
] as const;

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "kvproof-relay-cost-"));
  const lab = await new LocalLabFactory(["vllm-0.30"]).open({
    runId: `relay-cost-${process.pid}`,
    dir,
    relay: true,
    observer: {
      record: () => undefined,
      engineLost: (engine, detail) => fail(`${engine} ended: ${detail}`),
      engineEnded: () => undefined,
      gatewayLost: (error) => fail(error.message),
    },
  });
  try {
    const handle = await lab.startEngine(anEngine(ENGINE, { blocks: 4096 }));
    say(`added latency, ms: ${await addedLatency(lab, handle)}`);
    const spec = { events: true, replay: true };
    const gateway = await lab.startGateway(spec);
    const sut = await kvproofGatewayDriver(spec).connect(gateway);
    await join_(sut, handle);
    const place = { lab, sut, metrics: `${gateway.url}/metrics` };
    await run(place, 1_000, 8, 2_000);
    say("batches/s  blocks  events  relay us/event  gateway us/event  relay/gateway");
    for (const [rate, blocks, batches] of LOADS) {
      const { events, relayUs, gatewayUs } = await run(place, rate, blocks, batches);
      const columns = [rate, blocks, events, relayUs.toFixed(2), gatewayUs.toFixed(2), percent(relayUs / gatewayUs)];
      say(columns.map((column, i) => String(column).padStart([9, 8, 8, 16, 18, 15][i] as number)).join(""));
    }
    await sut.stop();
  } finally {
    await lab.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function join_(sut: SystemUnderTest, { spec, endpoints, topic, uid }: EngineHandle): Promise<void> {
  const { engine, model, blockSize, dialect } = spec;
  const { http, ranks } = endpoints;
  await sut.addEngine({ engine, model, block_size: blockSize, dialect, topic, http, ranks, uid });
}

interface Place {
  readonly lab: Lab;
  readonly sut: SystemUnderTest;
  readonly metrics: string;
}

async function run(
  { lab, sut, metrics }: Place,
  batchesPerS: number,
  blocks: number,
  batches: number,
): Promise<{ events: number; relayUs: number; gatewayUs: number }> {
  const applied = async (): Promise<number> => (await sut.streams())[0]?.appliedBatches ?? 0;
  const before = { ...cpu(lab), applied: await applied(), events: await events(metrics) };
  await publish(lab, batchesPerS, blocks, batches);
  await waitFor(async () => (await applied()) >= before.applied + batches, {
    describe: `${batches} batches to be applied`,
    timeoutMs: WAIT_MS,
    intervalMs: 250,
  });
  const after = cpu(lab);
  const seen = (await events(metrics)) - before.events;
  const us = (seconds: number): number => (seconds * 1e6) / seen;
  return { events: seen, relayUs: us(after.relay - before.relay), gatewayUs: us(after.gateway - before.gateway) };
}

let seed = 0;

/** Other prompts each time: what is cached already would not be published. */
function publish(lab: Lab, batchesPerS: number, blocks: number, batches: number): Promise<unknown> {
  const load = { batches_per_s: batchesPerS, blocks_per_batch: blocks, max_batches: batches, seed: ++seed };
  return lab.control(ENGINE, "load", load);
}

async function events(metrics: string): Promise<number> {
  const text = await (await request(metrics)).body.text();
  const applied = parseSamples(text, EVENTS).filter(({ name }) => name === EVENTS);
  return applied.reduce((sum, { value }) => sum + value, 0);
}

function cpu(lab: Lab): { relay: number; gateway: number } {
  const of = (name: string): number => lab.resources().find(({ process: p }) => p === name)?.cpuSeconds ?? 0;
  return { relay: of("relay"), gateway: of("gateway") };
}

/** Every batch is received twice, directly and through the relay: the difference is what the relay adds. */
async function addedLatency(lab: Lab, { direct, endpoints, topic }: EngineHandle): Promise<string> {
  const arrivals = [new Map<number, number>(), new Map<number, number>()] as const;
  const sockets = [direct, endpoints].map(({ ranks }, i) => {
    const socket = new Subscriber({ linger: 0 });
    socket.subscribe(topic);
    socket.connect(ranks[0]?.events as string);
    void note(socket, arrivals[i] as Map<number, number>);
    return socket;
  });
  const load = (count: number): Promise<unknown> => publish(lab, 200, 8, count);
  await waitFor(
    async () => {
      await load(1);
      return arrivals.every(({ size }) => size > 0);
    },
    { describe: "both subscribers to hear the engine", timeoutMs: WAIT_MS },
  );
  for (const seen of arrivals) seen.clear();
  await load(LATENCY_BATCHES);
  await waitFor(() => arrivals.every(({ size }) => size >= LATENCY_BATCHES), {
    describe: "all batches on both ways",
    timeoutMs: WAIT_MS,
  });
  for (const socket of sockets) socket.close();
  const [straight, relayed] = arrivals;
  const added = [...relayed].flatMap(([seq, at]) => (straight.has(seq) ? at - (straight.get(seq) as number) : []));
  added.sort((a, b) => a - b);
  const at = (share: number): string => (added[Math.floor(share * (added.length - 1))] as number).toFixed(3);
  return `p50 ${at(0.5)}  p99 ${at(0.99)}  of ${added.length} batches`;
}

async function note(socket: Subscriber, arrivals: Map<number, number>): Promise<void> {
  for await (const [, seq] of socket) {
    arrivals.set(Number(Buffer.from(seq as Uint8Array).readBigUInt64BE()), performance.now());
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function fail(message: string): never {
  throw new Error(message);
}

await main();
