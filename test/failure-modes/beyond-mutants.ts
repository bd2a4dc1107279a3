/**
 * Where known defects are met besides the seeded ones: those of publishers, tests and configurations, which no broken gateway
 * can stand for, and those that experiments and scenarios also provoke.
 */
import { type Cover, fault, faultOfRouter, scenario, simulated, test } from "./mode.js";

const RESTART: readonly Cover[] = [scenario("e2e/restart-in-place"), fault("process.kill"), simulated("engine.crash")];
const LOSS: readonly Cover[] = [fault("stream.drop"), simulated("stream.drop")];
const QUEUE = test("src/engine/publisher/zmq-publisher.test.ts", "makes the engine wait when its queue is full");
const DIALECTS: readonly Cover[] = [scenario("e2e/mixed-dialects")];
const ADAPTERS: readonly Cover[] = [scenario("e2e/multi-lora"), scenario("chaos/lora-restart")];
const RANKS: readonly Cover[] = [scenario("e2e/data-parallel"), scenario("chaos/rank-kill")];
const CLEAR: readonly Cover[] = [fault("engine.quirk", { quirk: "clear-on-idle" })];
const GROUPS: readonly Cover[] = [scenario("e2e/tiers")];

export const ALSO_BY: Readonly<Record<string, readonly Cover[]>> = {
  "A-LOST": LOSS,
  "A-GHOST": LOSS,
  "A-CLEAR": CLEAR,
  "A-GAP-OLD": [simulated("link.half-open")],
  "A-GAP-BURNT": [fault("engine.quirk", { quirk: "burn-seq" }), fault("stream.burnt"), simulated("engine.burn-seq")],
  "A-RESURRECT": [fault("stream.replay-reordered"), simulated("replay.slow")],
  "A-EPOCH": RESTART,
  "A-EPOCH-EQ": [scenario("e2e/restart-in-place")],
  "A-EPOCH-PAST": [scenario("e2e/restart-in-place")],
  "A-LATE": [simulated("link.flap"), fault("link.storm")],
  "A-DUP": [fault("stream.duplicate"), simulated("stream.duplicate")],
  "A-ORPHAN": [fault("engine.quirk", { quirk: "wrong-parent" })],
  "A-LEAK-MODEL": [scenario("e2e/multi-model")],
  "A-LEAK-LORA": ADAPTERS,
  "A-LEAK-POD": [scenario("e2e/pod-scale")],
  "A-LEAK-TIER": GROUPS,
  "A-HASHFORM": DIALECTS,
  "A-SHAPE": DIALECTS,
  "A-POISON": [fault("engine.quirk", { quirk: "garbled-event" }), fault("engine.quirk", { quirk: "unknown-event" })],
  "A-SLOWJOIN": [scenario("e2e/pod-create-publishing")],
  "A-HWM": [simulated("stream.overrun")],
  "A-HALFOPEN": [fault("link.partition", { how: "silence" }), simulated("link.half-open")],
  "A-IPREUSE": [scenario("e2e/pod-migrate")],
  "A-SKEW": [fault("clock.offset"), fault("clock.step"), fault("clock.drift"), fault("clock.freeze")],
  D3: LOSS,
  D4: LOSS,
  D5: RESTART,
  D6: [scenario("e2e/pod-migrate")],
  D13: [fault("engine.quirk", { quirk: "garbled-event" })],
  D14: [fault("engine.quirk", { quirk: "unknown-event" })],
  D15: [fault("stream.replay-silent"), simulated("replay.silent")],
  D16: [fault("link.partition", { how: "silence" }), simulated("link.half-open")],
  D19: ADAPTERS,
  D20: RANKS,
  D21: [test("test/integration/gateway-proxy.test.ts", "are tokenised by an engine once, completion and chat alike")],
  D22: [test("src/gateway/http/metrics/metrics.test.ts", "moves in every documented metric")],
  D23: [test("test/docs.test.ts", "documented options exist")],
  D26: [test("src/gateway/config.test.ts", "takes engines fully described, and engines to be asked")],
  D27: [test("test/failure-modes/failure-modes.test.ts", "the gate counts what ran")],
  A4: [fault("process.kill", { restart: "none" }), fault("link.partition", { how: "silence" })],
  A5: [fault("process.kill"), faultOfRouter("process.kill")],
  A8: [scenario("e2e/pod-migrate")],
  B20: [fault("stream.replay-truncated"), simulated("replay.truncate")],
  B23: [faultOfRouter("process.kill")],
  B24: [QUEUE],
  B25: [test("src/engine/publisher/zmq-publisher.test.ts", "drains its queue for at most a second when it closes")],
  B26: [fault("stream.burnt"), simulated("stream.overrun")],
  B27: [fault("engine.quirk", { quirk: "garbled-batch" }), simulated("engine.garbled-batch")],
  C29: CLEAR,
  C38: [fault("engine.quirk", { quirk: "missing-remove" })],
  C39: [fault("stream.burnt"), fault("engine.quirk", { quirk: "burn-seq" })],
  C42: [fault("engine.quirk", { quirk: "wrong-parent" })],
  // What the engine drops without a word it goes on advertising.
  C44: [fault("engine.quirk", { quirk: "missing-remove" })],
  C46: [fault("engine.quirk", { quirk: "missing-store" })],
  D49: [scenario("chaos/pod-kill-publishing")],
  D52: ADAPTERS,
  D54: DIALECTS,
  E55: RANKS,
  E56: RANKS,
  W1: [QUEUE],
  W4: [fault("stream.replay-truncated"), simulated("replay.holes")],
  W6: RESTART,
  W7: LOSS,
  W9: DIALECTS,
  W12: GROUPS,
  W13: [fault("engine.quirk", { quirk: "sparse-store" })],
  W16: [scenario("e2e/pod-create-publishing")],
  W17: [faultOfRouter("process.kill")],
  W21: [test("src/engine/cache/engine-core.test.ts", "admits nobody whose whole prompt does not fit")],
};

/** Nothing here could show it, whatever is broken. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  C31: "on the wire a reset of the GPU alone and a clear of all are the same bytes: no consumer can do better",
  W11: "on the wire a reset of the GPU alone and a clear of all are the same bytes: no consumer can do better",
  D51: "nothing here computes an engine's hashes; blocks are known by their tokens",
};

/** It could be covered, and is not. */
export const OPEN: Readonly<Record<string, string>> = {};
