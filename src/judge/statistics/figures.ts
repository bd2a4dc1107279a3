/** Single numbers about a run as a whole: what the system under test cost, and how far its load went. `value` in thresholds. */
export const FIGURES = {
  sent_per_s: "batches per second that engines sent in the steady load",
  knee_per_s: "batches per second of the last rate that everything kept up with",
  drain_ms:
    "longest time from the end of a load (of a rising one: of a rate that was kept up with) until all of it was applied",
  lost_batches: "batches that engines sent and the system under test did not apply, at the end; 0 = applied == sent",
  traced_share: "batches of the steady load whose application was traced, of those that should have been, 0 to 1",
  apply_drift: "receive to apply p99 in the last third of the steady load, as a multiple of the first third's",
  gateway_cpu_share: "cores that the system under test used in the steady phase",
  engines_cpu_share: "cores that all engines together used in the steady phase",
  foreign_cpu_share: "cores that processes outside the run used in the steady phase",
  gateway_cpu_wait_share: "share of the steady phase in which the system under test waited for a CPU",
  cpu_s_per_million_events: "CPU seconds of the system under test per million events, as on the wire",
  cpu_s_per_million_blocks: "CPU seconds of the system under test per million blocks stored or removed",
  gateway_rss_mib: "most memory of the system under test, MiB",
  gateway_heap_mib: "most JavaScript heap of the system under test, MiB",
  rss_slope_mib_per_h: "growth of the memory of the system under test over the steady phase, MiB per hour",
  bytes_per_block: "bytes of the index's tables per resident block, at the end of the steady phase",
  network_bytes_per_event: "bytes of event messages received per event",
  event_loop_p99_ms: "delay of the event loop of the system under test: p99 of each second, the median of those",
  gateway_start_ms: "system under test, told to start to answering",
  fleet_ready_s: "all engines, from the start of the run to the last one ready",
} as const;
export type FigureName = keyof typeof FIGURES;
export type Figures = Partial<Record<FigureName, number>>;
