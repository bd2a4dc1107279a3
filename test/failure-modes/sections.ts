/** All failure modes, in the order of the page. */
import { aibrix } from "../mutants/known-defects/aibrix.js";
import { anomalies } from "../mutants/known-defects/anomalies.js";
import { byClass } from "../mutants/known-defects/by-class.js";
import type { KnownDefect } from "../mutants/known-defects/known-defect.js";
import { vllmWire } from "../mutants/known-defects/vllm-wire.js";
import { ALSO_BY, NOT_APPLICABLE, OPEN } from "./beyond-mutants.js";
import type { FailureMode, Section } from "./mode.js";
import { clocks, networks, pods } from "./networks-and-pods.js";
import { changes, engines, streams } from "./streams-and-engines.js";

export const SECTIONS: readonly Section[] = [
  { title: "Networks", lead: "Between engines and the router.", modes: networks },
  { title: "Pods, router and machine", lead: "Processes that end, stand still or starve.", modes: pods },
  { title: "Event streams and replays", lead: "ZeroMQ messages and what answers a replay request.", modes: streams },
  { title: "Clocks", lead: "Event time stamps are data, never instruments.", modes: clocks },
  { title: "Engines that misbehave", lead: "What publishers get wrong.", modes: engines },
  { title: "Changes of the fleet", lead: "What orchestration does every day.", modes: changes },
  {
    title: "Anomalies of a stream",
    lead: "What a stream can do to an index, each by itself.",
    modes: known(anomalies),
  },
  {
    title: "Defects of a shipped prefix indexer",
    lead: "Found in one gateway's prefix indexer and its event path; some only by running it.",
    modes: known(aibrix),
  },
  {
    title: "Defects by class, across projects",
    lead: "A: restart, identity, lifecycle. B: loss, gaps, replay. C: event semantics. D: identity of blocks. E: topology.",
    modes: known(byClass),
  },
  {
    title: "Around vLLM's wire",
    lead: "What an outside tester of vLLM's events and replay has to expect.",
    modes: known(vllmWire),
  },
];

function known(defects: readonly KnownDefect[]): FailureMode[] {
  return defects.map(({ id, what }) => ({
    id,
    what,
    by: ALSO_BY[id] ?? [],
    ...(NOT_APPLICABLE[id] === undefined ? {} : { notApplicable: NOT_APPLICABLE[id] }),
    ...(OPEN[id] === undefined ? {} : { open: OPEN[id] }),
  }));
}
