/** What goes wrong on the event streams themselves, and what engines get wrong. */
import { type FailureMode, fault, scenario, simulated } from "./mode.js";

export const streams: readonly FailureMode[] = [
  { id: "zmq-loss-1", what: "1 % of event messages lost", by: [fault("stream.drop", { probability: 0.01 })] },
  { id: "zmq-loss-10", what: "10 % of event messages lost", by: [fault("stream.drop", { probability: 0.1 })] },
  {
    id: "zmq-loss-50",
    what: "50 % of event messages lost",
    by: [fault("stream.drop", { probability: 0.5 }), simulated("stream.drop")],
  },
  {
    id: "zmq-duplicate",
    what: "event messages delivered twice",
    by: [fault("stream.duplicate"), simulated("stream.duplicate")],
  },
  {
    id: "zmq-reorder",
    what: "event messages out of order",
    by: [fault("stream.reorder"), simulated("stream.reorder")],
  },
  { id: "zmq-late", what: "single event messages late", by: [fault("stream.delay"), simulated("stream.delay")] },
  { id: "zmq-payload", what: "corrupt payloads", by: [fault("stream.corrupt-payload"), simulated("stream.corrupt")] },
  { id: "zmq-frame-length", what: "corrupt frame lengths", by: [fault("stream.corrupt-frame", { what: "length" })] },
  { id: "zmq-frame-flags", what: "corrupt frame flags", by: [fault("stream.corrupt-frame", { what: "flags" })] },
  { id: "zmq-greeting", what: "a corrupt greeting", by: [fault("stream.corrupt-frame", { what: "greeting" })] },
  {
    id: "zmq-cut",
    what: "a multipart message cut short",
    by: [fault("stream.corrupt-frame", { what: "multipart-cut" })],
  },
  { id: "zmq-silent-accept", what: "a connection accepted, and not a word", by: [fault("link.blackhole")] },
  { id: "zmq-stall", what: "a stall in the middle of a frame", by: [fault("stream.stall")] },
  { id: "zmq-hwm", what: "the high-water mark overrun", by: [simulated("stream.overrun")] },
  {
    id: "replay-black-holed",
    what: "the replay port black-holed",
    by: [fault("link.blackhole", { ports: ["replay"] })],
  },
  {
    id: "replay-truncated",
    what: "replays cut short",
    by: [fault("stream.replay-truncated"), simulated("replay.truncate")],
  },
  {
    id: "replay-silent",
    what: "replays never answered",
    by: [fault("stream.replay-silent"), simulated("replay.silent")],
  },
  {
    id: "replay-without-end",
    what: "replays without END",
    by: [fault("stream.replay-without-end"), simulated("replay.no-end")],
  },
  {
    id: "replay-slow",
    what: "replays slower than the live stream",
    by: [fault("stream.replay-slow"), simulated("replay.slow")],
  },
  {
    id: "replay-reordered",
    what: "replays overtaken by live batches and by each other",
    by: [fault("stream.replay-reordered"), simulated("replay.reorder")],
  },
  { id: "replay-holes", what: "replays with holes in them", by: [simulated("replay.holes")] },
];

export const engines: readonly FailureMode[] = [
  {
    id: "engine-duplicate-store",
    what: "stores said twice",
    by: [fault("engine.quirk", { quirk: "duplicate-store" })],
  },
  {
    id: "engine-missing-remove",
    what: "removals never said",
    by: [fault("engine.quirk", { quirk: "missing-remove" })],
  },
  {
    id: "engine-missing-store",
    what: "stores never said",
    by: [fault("engine.quirk", { quirk: "missing-store" })],
  },
  {
    id: "engine-sparse-store",
    what: "stores with fewer tokens than hashes",
    by: [fault("engine.quirk", { quirk: "sparse-store" })],
  },
  {
    id: "engine-burnt-number",
    what: "sequence numbers that are never sent",
    by: [fault("engine.quirk", { quirk: "burn-seq" }), fault("stream.burnt"), simulated("engine.burn-seq")],
  },
  {
    id: "engine-garbled-batch",
    what: "undecodable batches",
    by: [fault("engine.quirk", { quirk: "garbled-batch" }), simulated("engine.garbled-batch")],
  },
  {
    id: "engine-garbled-event",
    what: "undecodable events among good ones",
    by: [fault("engine.quirk", { quirk: "garbled-event" }), simulated("engine.garbled-event")],
  },
  {
    id: "engine-unknown-event",
    what: "event types of a later release",
    by: [fault("engine.quirk", { quirk: "unknown-event" }), simulated("engine.unknown-event")],
  },
  {
    id: "engine-clear-on-idle",
    what: "a clear in the middle of nothing",
    by: [fault("engine.quirk", { quirk: "clear-on-idle" })],
  },
  {
    id: "engine-wrong-parent",
    what: "stores under a wrong parent",
    by: [fault("engine.quirk", { quirk: "wrong-parent" })],
  },
];

export const changes: readonly FailureMode[] = [
  { id: "fleet-create", what: "pods that publish before anybody listens", by: [scenario("e2e/pod-create-publishing")] },
  { id: "fleet-scale", what: "pods that join and leave under load", by: [scenario("e2e/pod-scale")] },
  { id: "fleet-migrate", what: "a pod at a new address, a new pod at an old one", by: [scenario("e2e/pod-migrate")] },
  { id: "fleet-delete", what: "pods deleted, also in the middle of a replay", by: [scenario("e2e/pod-delete")] },
  {
    id: "fleet-restart",
    what: "restarts that reach, pass or equal the old number",
    by: [scenario("e2e/restart-in-place")],
  },
  { id: "fleet-models", what: "models with identical tokens and hashes", by: [scenario("e2e/multi-model")] },
  { id: "fleet-adapters", what: "adapters loaded, unloaded, reloaded; salts", by: [scenario("e2e/multi-lora")] },
  { id: "fleet-ranks", what: "data-parallel ranks of one engine", by: [scenario("e2e/data-parallel")] },
  { id: "fleet-dialects", what: "a fleet of every wire dialect", by: [scenario("e2e/mixed-dialects")] },
  { id: "fleet-tiers", what: "memory tiers and KV-cache groups", by: [scenario("e2e/tiers")] },
  {
    id: "fleet-eviction",
    what: "a prefix that moves from one engine to another",
    by: [scenario("e2e/routing-follows-events")],
  },
  { id: "fleet-size", what: "a hundred engines", by: [scenario("e2e/scale-100")] },
];
