/**
 * The links between engines and those who follow them, as a lab lets faults disturb them. A disturbance lies on every
 * connection of the engines and ports that it names, those that are up and those that come, until it is ended.
 */

/** Ports of an engine that have a link: events and replay of every rank, and HTTP. */
export type LinkPortName = "events" | "replay" | "http";
export const LINK_PORTS: readonly LinkPortName[] = ["events", "replay", "http"];

/** Seen from the engine: `to-gateway` carries events, replies and answers; `to-engine` carries what consumers send. */
export type LinkDirection = "to-gateway" | "to-engine";

/** What to do to bytes, whatever they mean. */
export type LinkDisturbance =
  /** Nothing passes and nobody is told; what is under way passes after the end, as TCP would send it again. */
  | { readonly kind: "silence"; readonly directions: readonly LinkDirection[] }
  /** Accepted, and never answered; what is sent into it is lost. Connections under it end with it. */
  | { readonly kind: "blackhole" }
  /** Nobody listens. With `reset`, connections that are up are reset, too. */
  | { readonly kind: "refuse"; readonly reset: boolean }
  /** Every `everyMs` all connections are reset. */
  | { readonly kind: "storm"; readonly everyMs: number }
  /** Each piece is late by latencyMs ± jitterMs, in order. */
  | {
      readonly kind: "delay";
      readonly latencyMs: number;
      readonly jitterMs: number;
      readonly directions: readonly LinkDirection[];
    }
  /** Segments get lost with this probability; TCP sends them again, and all behind them waits. */
  | { readonly kind: "loss"; readonly probability: number }
  | { readonly kind: "bandwidth"; readonly kbitPerS: number };

/** What to do to whole messages of the event port, or to the replies of the replay port. */
export type StreamDisturbance =
  | { readonly kind: "drop" | "duplicate" | "corrupt-payload" | "burn"; readonly probability: number }
  /** Held back until `distance` later messages have passed. */
  | { readonly kind: "reorder"; readonly probability: number; readonly distance: number }
  /** Held back for `byMs` while later ones pass. */
  | { readonly kind: "late"; readonly probability: number; readonly byMs: number }
  | { readonly kind: "corrupt-frame"; readonly what: FrameDamage; readonly probability: number }
  /** Stops in the middle of a message, on every connection. */
  | { readonly kind: "stall" }
  /** END after `keep` batches. */
  | { readonly kind: "replay-truncated"; readonly keep: number }
  | { readonly kind: "replay-silent" | "replay-without-end" }
  /** `everyMs` between two replies. */
  | { readonly kind: "replay-slow"; readonly everyMs: number }
  /** Replies are late by `byMs`, so that live batches overtake them, and come in another order; END comes last. */
  | { readonly kind: "replay-reordered"; readonly byMs: number };

export type FrameDamage = "length" | "flags" | "greeting" | "multipart-cut";
export type Disturbance = LinkDisturbance | StreamDisturbance;

/** What the links of one engine went through under one disturbance, as counted where it happened. */
export interface LinkAccount {
  readonly engine: string;
  /** Since the disturbance lies on this engine; stands still from its end on. */
  readonly forMs: number;
  /** Connections under it now. */
  readonly open: number;
  /** Since it began: connections accepted, turned away, and reset by it. */
  readonly accepted: number;
  readonly refused: number;
  readonly reset: number;
  /** Bytes that wait now because of it, and bytes that it lost for good. */
  readonly heldBytes: number;
  readonly lostBytes: number;
  /** Bytes passed on while it lay. */
  readonly passedBytes: Readonly<Record<LinkDirection, number>>;
  /** How long nothing has passed. */
  readonly silentMs: Readonly<Record<LinkDirection, number>>;
  /** Longest time that it has kept a piece or message back. */
  readonly worstDelayMs: number;
  /** Segments sent again (loss). */
  readonly retransmissions: number;
  /** Whole messages seen, and those that it changed, dropped, repeated or held back. */
  readonly messages: number;
  readonly edited: number;
  /** Bytes passed on since its end; 0 while it lies. */
  readonly passedSinceEnd: number;
}

/** Rejects with a KvproofError when the links cannot be reached. */
export interface LinkPort {
  /** What breaks the links, for reports: a relay that plays it, or the kernel of a network namespace. */
  readonly backend: "relay" | "netns";
  /** In force when this resolves. The same seed chooses the same messages by their numbers. */
  begin(id: string, disturbance: Disturbance, on: LinkSelection, seed: number): Promise<void>;
  /** Taken back when this resolves: what waits goes on, what cannot go on is reset. Idempotent. */
  end(id: string): Promise<void>;
  /** One account per engine; also after the end. */
  look(id: string): Promise<readonly LinkAccount[]>;
}

export interface LinkSelection {
  readonly engines: readonly string[];
  readonly ports: readonly LinkPortName[];
}
