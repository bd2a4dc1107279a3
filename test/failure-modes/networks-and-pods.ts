/** What breaks around engines and router: networks, processes, machines, clocks. */
import { type FailureMode, fault, faultOfRouter, scenario, simulated } from "./mode.js";

export const networks: readonly FailureMode[] = [
  {
    id: "net-partition-silent",
    what: "engines cut off in silence: connections stay half-open",
    by: [fault("link.partition", { how: "silence", direction: "both" }), simulated("link.half-open")],
  },
  {
    id: "net-partition-reset",
    what: "engines cut off with resets",
    by: [fault("link.partition", { how: "reset" }), simulated("link.partition")],
  },
  {
    id: "net-partition-from-engine",
    what: "one way only: nothing from the engine arrives",
    by: [fault("link.partition", { direction: "to-gateway" })],
  },
  {
    id: "net-partition-to-engine",
    what: "one way only: nothing reaches the engine",
    by: [fault("link.partition", { direction: "to-engine" })],
  },
  { id: "net-loss-10", what: "10 % of packets lost", by: [fault("link.loss", { percent: 10 })] },
  { id: "net-loss-50", what: "50 % of packets lost", by: [fault("link.loss", { percent: 50 })] },
  { id: "net-latency-100", what: "100 ms of latency", by: [fault("link.delay", { latency: 100 })] },
  { id: "net-latency-500", what: "500 ms of latency with jitter", by: [fault("link.delay", { latency: 500 })] },
  { id: "net-bandwidth", what: "a narrow link: bytes queue up", by: [fault("link.bandwidth")] },
  {
    id: "net-black-hole",
    what: "a port that takes connections and never answers",
    by: [fault("link.blackhole")],
  },
  {
    id: "net-refused",
    what: "new connections refused, old ones left alone",
    by: [fault("link.refuse"), simulated("replay.refused")],
  },
  {
    id: "net-reconnect-storm",
    what: "all connections reset again and again: everybody reconnects at once",
    by: [fault("link.storm"), simulated("link.flap")],
  },
];

export const pods: readonly FailureMode[] = [
  {
    id: "pod-kill-publishing",
    what: "engines killed (kill -9) in the middle of publishing, repeatedly",
    by: [fault("process.kill", { how: "kill" }), simulated("engine.crash")],
  },
  { id: "pod-crash-loop", what: "a crash loop with growing pauses", by: [fault("process.crash-loop")] },
  {
    id: "pod-pause",
    what: "an engine stopped (SIGSTOP) and resumed",
    by: [fault("process.pause"), simulated("engine.freeze")],
  },
  { id: "pod-down", what: "an engine that stays down, unannounced", by: [fault("process.kill", { restart: "none" })] },
  { id: "pod-replace", what: "an engine replaced by another", by: [fault("process.kill", { restart: "replace" })] },
  { id: "pod-all-at-once", what: "all engines at once", by: [scenario("chaos/all-engines-at-once")] },
  { id: "pod-cpu", what: "CPU stress", by: [fault("host.cpu")] },
  { id: "pod-memory", what: "memory pressure", by: [fault("host.memory")] },
  { id: "pod-oom", what: "killed by the kernel at a memory limit", by: [fault("host.oom")] },
  { id: "pod-disk-stress", what: "disk I/O stress", by: [fault("host.disk-stress")] },
  { id: "pod-disk-full", what: "a full disk", by: [fault("host.disk-full")] },
  {
    id: "router-kill",
    what: "the router killed and started again under load",
    by: [faultOfRouter("process.kill", { how: "kill" }), simulated("gateway.restart")],
  },
  {
    id: "router-restart",
    what: "the router restarted in order under load",
    by: [faultOfRouter("process.kill", { how: "graceful" })],
  },
  {
    id: "router-pause",
    what: "the router stands still while engines publish",
    by: [faultOfRouter("process.pause"), simulated("gateway.freeze")],
  },
];

export const clocks: readonly FailureMode[] = [
  { id: "time-skew", what: "clocks of pods minutes apart", by: [fault("clock.offset")] },
  { id: "time-drift", what: "a clock that drifts", by: [fault("clock.drift")] },
  { id: "time-step-back", what: "a clock that is set back", by: [fault("clock.step")] },
  { id: "time-frozen", what: "a clock that stands still", by: [fault("clock.freeze")] },
];
