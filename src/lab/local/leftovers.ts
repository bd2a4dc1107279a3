/**
 * What a run may leave on the machine besides processes (mounts, control groups, network namespaces), and how each kind is
 * taken back by the next start after a crash. Kinds are found by name in the run's record, so a kind is never renamed.
 */
import { memoryGroupLeftover } from "./host/memory-group.js";
import { volumeLeftover } from "./host/small-volume.js";
import { namespaceLeftover } from "./netns/engine-namespace.js";

/** What undoing needs, as texts, written to disk before the thing itself is made. */
export type UndoData = Readonly<Record<string, string>>;

export interface LeftoverKind {
  readonly kind: string;
  /**
   * Resolves with what was done ("unmounted /tmp/x/disk"), or null when nothing was left. Must leave alone what others made.
   * Rejects with what to clean up by hand.
   */
  undo(data: UndoData): Promise<string | null>;
}

export const LEFTOVER_KINDS: readonly LeftoverKind[] = [
  memoryGroupLeftover,
  volumeLeftover,
  namespaceLeftover,
  // one kind per line
];
