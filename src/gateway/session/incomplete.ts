/** What a stream knows to be missing from its picture, and whether a replayed batch is part of it. */
export type IncompleteReason =
  /** There is no replay endpoint to ask. */
  | "blind"
  /** The publisher's ring began later. */
  | "history"
  /** The publisher did not replay them although it has later ones. */
  | "lost"
  /** They were undecodable, and the publisher repeats the same bytes: nobody can read them. */
  | "poison"
  /** They were undecodable, each copy in its own way: the link damaged them, and what they removed is not known. */
  | "damaged"
  /** Replay did not answer. */
  | "unavailable";

/** Batches `from` <= n < `until` are missing. */
export interface Loss {
  readonly reason: IncompleteReason;
  readonly from: number;
  readonly until: number;
}

export interface Incomplete {
  readonly reason: IncompleteReason;
  readonly losses: readonly Loss[];
}

/** Older losses have had their tries by then. */
const MAX_LOSSES = 64;

/** What may still be had is not forgotten over a later loss; one that asks for everything covers the others. */
export function withLoss(known: Incomplete | null, loss: Loss): Incomplete {
  if (known === null || loss.reason === "unavailable") return { reason: loss.reason, losses: [loss] };
  const reason = known.reason === "unavailable" ? known.reason : loss.reason;
  return { reason, losses: [...known.losses, loss].slice(-MAX_LOSSES) };
}

export function isMissing({ losses }: Incomplete, seq: number): boolean {
  return losses.some(({ from, until }) => seq >= from && seq < until);
}

/** Something that the link had damaged has left a ring that begins at `seq`: a readable copy will never come. */
export function hasGone({ losses }: Incomplete, seq: number): boolean {
  return losses.some(({ reason, until }) => reason === "damaged" && until <= seq);
}

export function firstMissing({ losses }: Incomplete): number {
  return Math.min(...losses.map(({ from }) => from));
}
