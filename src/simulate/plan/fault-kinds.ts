/** Everything that a simulated run can break. A kind here is one of the lab's vocabulary where the lab has it, too. */

export const SIM_FAULTS = {
  "stream.drop": "live messages vanish",
  "stream.duplicate": "live messages come twice",
  "stream.reorder": "live messages are overtaken",
  "stream.delay": "live messages come late, in order",
  "stream.corrupt": "payloads arrive damaged, live and replayed",
  "stream.overrun": "the reader is slow and the publisher drops what exceeds its high-water mark",
  "link.partition": "connections are reset and none can be made",
  "link.flap": "the connection breaks again and again; frames of the old one come after the new one",
  "link.half-open": "silence without a reset: frames wait up to the high-water mark and are dropped beyond it",
  "replay.refused": "nothing listens at the replay endpoint",
  "replay.silent": "replay requests are never answered",
  "replay.truncate": "a replay breaks off after some batches",
  "replay.no-end": "replays do not end with END",
  "replay.holes": "some answers of a replay are lost",
  "replay.slow": "answers of a replay are slower than the live stream",
  "replay.reorder": "answers of a replay come in another order",
  "engine.burn-seq": "numbers are used up by batches that are never sent",
  "engine.garbled-batch": "undecodable bytes are published, and replayed, in place of a batch",
  "engine.unknown-event": "events of a type that no release knows",
  "engine.garbled-event": "malformed events among good ones",
  "engine.crash": "the process is killed and starts again at the same place: number 0, empty cache",
  "engine.freeze": "the process stands still and goes on",
  "gateway.restart": "the gateway is killed and starts again without memory; members are registered anew",
  "gateway.freeze": "the gateway stands still and goes on",
} as const satisfies Record<string, string>;

export type SimFaultKind = keyof typeof SIM_FAULTS;
export const SIM_FAULT_KINDS = Object.keys(SIM_FAULTS) as SimFaultKind[];

export interface SimFault {
  readonly id: string;
  readonly kind: SimFaultKind;
  /** Engine; null = the gateway. */
  readonly engine: string | null;
  readonly atMs: number;
  readonly forMs: number;
  /** Share of messages that it hits. */
  readonly share: number;
  /** What the kind makes of it: milliseconds, messages, batches; from 0 to 1, scaled by the kind. */
  readonly amount: number;
}
