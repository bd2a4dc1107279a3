/** Nodes that pods run on, as far as a run can break them: no API does that, so a command of the user's does it. */

/** Each is undone by its neighbour. */
export type NodeAction = "crash" | "up" | "freeze" | "thaw" | "cut" | "mend";

export interface NodePort {
  /** Where the pod of an engine, or of the "gateway", runs; undefined = nowhere. */
  nodeOf(name: string): string | undefined;
  /** Engines whose pods run there, and "gateway". */
  residents(node: string): readonly string[];
  /**
   * Resolves when it is done and the lab knows: engines of a node that crashed are down, those of one that stands still or is cut
   * off answer nobody. Rejects (KvproofError) with what the command said.
   */
  act(action: NodeAction, node: string): Promise<void>;
}
