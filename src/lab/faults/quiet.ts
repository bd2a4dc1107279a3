/**
 * What a right consumer may suffer in silence. The check fault-is-told asks a log line and a moved metric of every fault but
 * where this file gives a reason: what a consumer cannot notice, or what is no trouble to one that does its work.
 */
import type { Quiet } from "../../judge/history/records.js";

/** A silence that is shorter is no silence: heartbeats of any sane interval need this long to tell it from idleness. */
const NOTICEABLE_MS = 5_000;

interface Suffered {
  readonly kind: string;
  readonly target: string;
  readonly forMs: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type Reasons = (fault: Suffered) => Quiet;

const both = (reason: string): Quiet => ({ log: reason, metric: reason });
const always =
  (quiet: Quiet): Reasons =>
  () =>
    quiet;
/** Unless it lasts long enough to be told from an engine that has nothing to say. */
const whenBrief: Reasons = ({ forMs }) =>
  forMs < NOTICEABLE_MS ? both(`a silence of ${forMs} ms cannot be told from an engine that has nothing to say`) : {};

const still: Reasons = (fault) =>
  fault.target === "gateway" ? both("whoever stands still does not know how long") : whenBrief(fault);

const stamps = always(both("time stamps mean nothing to a consumer that orders by sequence numbers"));
const slow = always(both("a slow link loses nothing: what comes late comes in order"));
const machine = always(both("a busy machine is seen in the machine's own metrics"));

const QUIRKS: Readonly<Record<string, Quiet>> = {
  "duplicate-store": both("a store of what is held already changes nothing"),
  "missing-remove": both("what is not said cannot be heard"),
  "missing-store": both("what is not said cannot be heard"),
  "sparse-store": both("blocks that belong nowhere are counted over the whole index, and kept out of answers"),
  "wrong-parent": both("blocks that belong nowhere are counted over the whole index, and kept out of answers"),
  "clear-on-idle": both("a clear is a regular event"),
};

const KINDS: Readonly<Record<string, Reasons>> = {
  "clock.offset": stamps,
  "clock.drift": stamps,
  "clock.step": stamps,
  "clock.freeze": stamps,
  "link.delay": slow,
  "link.bandwidth": slow,
  "link.loss": slow,
  "link.partition": (fault) => (fault.parameters.how === "reset" ? {} : whenBrief(fault)),
  "link.blackhole": whenBrief,
  "link.refuse": always(both("who is connected needs no new connection")),
  "stream.duplicate": always({ log: "a copy changes nothing; it is counted" }),
  "stream.stall": whenBrief,
  "process.pause": still,
  "node.freeze": still,
  "node.cut": still,
  "host.cpu": machine,
  "host.memory": machine,
  "host.disk-stress": machine,
  "host.disk-full": ({ target }) =>
    target === "gateway"
      ? { log: "a log without space cannot tell of it", metric: "nothing is lost but log lines" }
      : both("an engine that may not write says nothing, and its connections answer as if it had nothing to say"),
  "engine.quirk": ({ parameters }) => QUIRKS[String(parameters.quirk)] ?? {},
};

/** Empty when both a line and a metric are asked for. */
export function quietOf(fault: Omit<Suffered, "parameters"> & { readonly parameters: object }): Quiet {
  return KINDS[fault.kind]?.(fault as Suffered) ?? {};
}
