/** Metrics of each followed stream, read from its status at scrape time; they vanish with the stream. */
import type { Registry } from "prom-client";
import type { StreamState, StreamStatus } from "../../ports.js";
import { type PulledMetric, pulledCounter, pulledGauge, type Put } from "./pulled.js";

/** All streams at one moment: a page built from it is consistent, received = applied + duplicate + rejected + dropped + held. */
export interface StreamReading {
  readonly engine: string;
  readonly rank: number;
  readonly status: StreamStatus;
}

interface StreamMetric {
  readonly name: string;
  readonly help: string;
  readonly read: (status: StreamStatus) => number;
}

const COUNTERS: readonly StreamMetric[] = [
  {
    name: "batches_received_total",
    help: "Batches that reached the session, live or replayed",
    read: (s) => s.receivedBatches,
  },
  { name: "event_bytes_total", help: "Bytes read from the event connection", read: (s) => s.receivedBytes },
  { name: "block_operations_total", help: "Blocks stored or removed", read: (s) => s.blockOperations },
  { name: "gaps_total", help: "Gaps noticed in the sequence", read: (s) => s.gaps },
  { name: "missing_batches_total", help: "Batches missing in gaps", read: (s) => s.missingBatches },
  { name: "replays_total", help: "Replays asked for", read: (s) => s.replays },
  {
    name: "replay_failures_total",
    help: "Replays that did not bring what was asked for",
    read: (s) => s.replayFailures,
  },
  { name: "replayed_batches_total", help: "Batches that came by replay", read: (s) => s.replayedBatches },
  { name: "purges_total", help: "Times all entries of a stream were forgotten", read: (s) => s.purges },
  { name: "reconnects_total", help: "Connections made after the first", read: (s) => s.reconnects },
];

const GAUGES: readonly StreamMetric[] = [
  { name: "stream_connected", help: "1 while the event connection stands", read: (s) => (s.connected ? 1 : 0) },
  { name: "stream_credit", help: "Share of full credit that the stream's matches have", read: (s) => s.credit },
  {
    name: "stream_last_sequence",
    help: "Highest sequence number applied in this life; -1 = none",
    read: (s) => s.lastSeq,
  },
  { name: "stream_held_batches", help: "Batches held back while a replay runs", read: (s) => s.heldBatches },
  { name: "stream_lives", help: "Lives of the publisher noticed so far", read: (s) => s.lives },
];

const BATCH_RESULTS: readonly (readonly [result: string, read: (status: StreamStatus) => number])[] = [
  ["applied", (s) => s.appliedBatches],
  ["duplicate", (s) => s.duplicateBatches],
  ["rejected", (s) => s.rejectedBatches],
  ["dropped", (s) => s.droppedBatches],
];

const EVENT_RESULTS: readonly (readonly [result: string, read: (status: StreamStatus) => number])[] = [
  ["applied", (s) => s.appliedEvents],
  ["malformed", (s) => s.malformedEvents],
  ["unknown", (s) => s.unknownEvents],
];

const STATES: readonly StreamState[] = ["cold", "catching-up", "live", "gapped", "stale", "partial"];

/** `readings()` gives the moment that is being scraped. */
export function registerStreamMetrics(
  registry: Registry,
  readings: () => readonly StreamReading[],
  nowNs: () => number,
): void {
  for (const metric of COUNTERS) pulledCounter(registry, perStream(metric, readings));
  for (const metric of GAUGES) pulledGauge(registry, perStream(metric, readings));
  const batches = { name: "batches_total", help: "Batches by what became of them" };
  const events = { name: "events_total", help: "Events of applied batches" };
  pulledCounter(registry, { ...batches, ...perResult(BATCH_RESULTS, readings) });
  pulledCounter(registry, { ...events, ...perResult(EVENT_RESULTS, readings) });
  pulledGauge(registry, {
    name: "stream_state",
    help: "1 for the state the stream is in, 0 for the others",
    labelNames: ["engine", "rank", "state"],
    collect: (put) => {
      for (const { engine, rank, status } of readings()) {
        for (const state of STATES) put({ engine, rank, state }, status.state === state ? 1 : 0);
      }
    },
  });
  pulledGauge(registry, {
    name: "stream_silence_seconds",
    help: "Time since the last byte from the publisher",
    labelNames: ["engine", "rank"],
    collect: (put) => {
      for (const { engine, rank, status } of readings()) {
        if (status.lastHeardNs > 0) put({ engine, rank }, Math.max(0, nowNs() - status.lastHeardNs) / 1e9);
      }
    },
  });
}

function perStream({ name, help, read }: StreamMetric, readings: () => readonly StreamReading[]): PulledMetric {
  const collect = (put: Put): void => {
    for (const { engine, rank, status } of readings()) put({ engine, rank }, read(status));
  };
  return { name, help, labelNames: ["engine", "rank"], collect };
}

function perResult(
  results: typeof BATCH_RESULTS,
  readings: () => readonly StreamReading[],
): Omit<PulledMetric, "name" | "help"> {
  const collect = (put: Put): void => {
    for (const { engine, rank, status } of readings()) {
      for (const [result, read] of results) put({ engine, rank, result }, read(status));
    }
  };
  return { labelNames: ["engine", "rank", "result"], collect };
}
