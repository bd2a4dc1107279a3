/** What a person at the terminal needs to know of each fault: who else feels it, what shows, how to undo it by hand. */
import type { FaultFamily } from "../../../src/lab/faults/fault.js";

export interface FaultFacts {
  /** Who may feel it besides its targets. */
  readonly spreads: string;
  /** States of streams and engines, log lines and metrics by which the reference gateway shows it. */
  readonly shows: string;
  /** What to do when the run could not take it back. */
  readonly cleanup: string;
}

const RELAY =
  "nothing stays: it is done by a relay process of the run. `ps -ef | grep kvproof` finds one that was left; end it, or let the next start do it";
const PROCESSES =
  "the next `kvproof run` ends what a crashed run left and says so; by hand: `ps -ef | grep kvproof`, `kill`";

const FAMILIES: Readonly<Record<FaultFamily, FaultFacts>> = {
  link: {
    spreads:
      "every consumer behind the relay; requests through the same link; other engines only through load that moves to them",
    shows:
      'streams `stale`, then `catching-up` and `live`; "connection lost", "cannot follow the events", "engine gets no new requests"; `stream_connected`, `stream_state`, `reconnects_total`, `engine_healthy`, `retries_total`',
    cleanup: RELAY,
  },
  stream: {
    spreads: "nobody else: only event messages or replies to replay requests of the targets are touched",
    shows:
      'streams `gapped`, then `live`, or `partial` when nothing brings the missing part back; "gap: … missing", "gave up on replay", "skipped"; `gaps_total`, `missing_batches_total`, `replayed_batches_total`, `replay_failures_total`, `batches_total{result}`',
    cleanup: RELAY,
  },
  process: {
    spreads: "requests in flight on the target fail or go to the next best engine; the others take its load",
    shows:
      'streams `stale` and, in the new life, `catching-up`, `live`; "connection lost", "the publisher restarted", "engine gets no new requests", "engine serves"; `purges_total`, `stream_lives`, `reconnects_total`, `engine_healthy`',
    cleanup: PROCESSES,
  },
  host: {
    spreads:
      "the whole machine, other programs and the load generator included: do not run it beside anything that matters",
    shows:
      "late answers (`query_ms_fault`, `served_ms_fault`), late health checks; where an engine dies, as for `process.kill`",
    cleanup:
      "the next `kvproof run` undoes what a crashed run left (workers, cgroups, mounts) and says so; by hand: what is left is listed in `$TMPDIR/kvproof-<uid>/runs/*.json`: end the processes, `umount` the volumes, `rmdir` the `kvproof-…` cgroups",
  },
  clock: {
    spreads: "nobody: only the time stamps inside the target's events change; no clock of the machine is touched",
    shows: "nothing in a consumer that does not use time stamps, and that is right",
    cleanup: "nothing stays: the offset lives in the engine process",
  },
  node: {
    spreads: "every pod on the node, those of others included: use nodes that are yours",
    shows:
      'as for `link.partition` with all engines of the node; after a crash also "the publisher restarted", and engines registered at new addresses',
    cleanup:
      "by hand, with the same command: `up`, `thaw` or `mend` the node; `kubectl get nodes` must say Ready. Nobody but a run that lives takes it back",
  },
  engine: {
    spreads: "nobody else: the target's own events are wrong",
    shows:
      'what was wrong, counted: `batches_total{result="rejected"}`, `events_total{result="malformed"|"unknown"}`, `gaps_total`, `index_conflicts_total`, `index_unknown_removals_total`; gaps and purges in the log',
    cleanup: "nothing stays: the quirk lives in the engine process",
  },
};

/** Where a kind differs from its family. */
const KINDS: Readonly<Record<string, Partial<FaultFacts>>> = {
  "link.delay": { shows: "nothing but time: later visibility, later first bytes. Streams stay `live`" },
  "link.bandwidth": { shows: "nothing but time, until heartbeats or health checks are late, too" },
  "link.loss": {
    shows:
      "nothing but time: TCP repairs loss. With much of it, reconnects. The evidence names the means (packets, or emulated delays)",
    cleanup:
      "in network namespaces: the next start deletes what was left and says so; by hand: `ip netns list`, and `ip netns del` each that `$TMPDIR/kvproof-<uid>/runs/*.json` names",
  },
  "link.storm": {
    shows:
      "`reconnects_total` of all targets rises together; streams go through `stale` and `catching-up` again and again",
  },
  "link.refuse": {
    shows: 'nothing while connections stand; "cannot follow the events" and `health_checks_total{result}` for new ones',
  },
  "stream.duplicate": { shows: '`batches_total{result="duplicate"}`; streams stay `live`, answers do not change' },
  "stream.delay": {
    shows: '`gaps_total` and `batches_total{result="duplicate"}`: what is late is fetched by replay first',
  },
  "stream.corrupt-frame": {
    shows: 'the connection is dropped with the reason ("connection lost") and made again; `reconnects_total`',
  },
  "stream.corrupt-payload": { shows: '`batches_total{result="rejected"}`, then a gap that replay closes' },
  "stream.stall": {
    shows:
      '"heard nothing for … ms": the connection is dropped and made again; `stream_silence_seconds`, `reconnects_total`',
  },
  "process.pause": {
    shows: '"heard nothing for … ms", `/health` times out; nothing is purged when it goes on where it was',
  },
  "host.disk-full": { spreads: "only what writes to that volume" },
  "host.oom": { spreads: "the engine in the memory cgroup alone; the machine keeps its memory" },
};

/** Aimed at the router itself. */
const OF_THE_ROUTER: Readonly<Record<string, Partial<FaultFacts>>> = {
  "process.kill": {
    spreads: "all clients of the router: it is down until it has started again",
    shows:
      '"gateway listens", "engine registered", "engine serves" of the new life; streams `catching-up`, then `live`; all its counters begin at 0; `replayed_batches_total`',
  },
  "process.pause": {
    spreads: "all clients of the router: they wait",
    shows: "nothing while it stands still; then what waited in its sockets, and gaps where that was too much",
  },
};

/** The families are complete by their type, so that a new kind needs an entry only where it differs. */
export function factsOf(kind: string, target = "engines/*"): FaultFacts {
  const family = kind.slice(0, kind.indexOf(".")) as FaultFamily;
  return { ...FAMILIES[family], ...KINDS[kind], ...(target === "gateway" ? OF_THE_ROUTER[kind] : {}) };
}
