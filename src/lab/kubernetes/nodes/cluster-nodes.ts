/** The nodes under a run's pods, broken and mended by the user's command; the lab's pods are told what became of them. */
import type { NodeAction, NodePort } from "../../nodes.js";
import type { GatewayPod } from "../pods/gateway-pod.js";
import type { LabEngine } from "../pods/lab-engine.js";
import type { NodeCommand } from "./node-command.js";

const UNDONE_BY: Readonly<Partial<Record<NodeAction, NodeAction>>> = { crash: "up", freeze: "thaw", cut: "mend" };

export interface NodeResidents {
  engines(): readonly LabEngine[];
  readonly gateway: GatewayPod;
}

export class ClusterNodes implements NodePort {
  readonly #command: Pick<NodeCommand, "run">;
  readonly #residents: NodeResidents;
  /** What was done to whom and is not undone yet. */
  readonly #broken = new Map<string, NodeAction>();

  constructor(command: Pick<NodeCommand, "run">, residents: NodeResidents) {
    this.#command = command;
    this.#residents = residents;
  }

  nodeOf(name: string): string | undefined {
    if (name === "gateway") return this.#residents.gateway.node;
    const engine = this.#residents.engines().find(({ spec }) => spec.engine === name);
    return engine?.handle ? engine.node : undefined;
  }

  residents(node: string): readonly string[] {
    const engines = this.#enginesOn(node).filter(({ handle }) => handle !== null);
    const router = this.#residents.gateway.node === node ? ["gateway"] : [];
    return [...router, ...engines.map(({ spec }) => spec.engine)];
  }

  async act(action: NodeAction, node: string): Promise<void> {
    const undo = UNDONE_BY[action];
    // Noted before: a command that fails may have done half of it.
    if (undo !== undefined) this.#broken.set(node, undo);
    const engines = this.#enginesOn(node);
    const still = action === "freeze" || action === "cut";
    if (still) this.#standStill(engines, node, true);
    await this.#command.run(action, node);
    if (action === "crash") for (const engine of engines) engine.diedWithNode?.();
    if (action === "thaw" || action === "mend") this.#standStill(engines, node, false);
    if (undo === undefined) this.#broken.delete(node);
  }

  /** Undoes what nobody undid; rejects with the first that cannot be. */
  async close(): Promise<void> {
    const left = [...this.#broken];
    this.#broken.clear();
    await Promise.all(left.map(([node, undo]) => this.#command.run(undo, node)));
  }

  #standStill(engines: readonly LabEngine[], node: string, still: boolean): void {
    for (const engine of engines) engine.standStill?.(still);
    if (this.#residents.gateway.node === node) this.#residents.gateway.standStill(still);
  }

  #enginesOn(node: string): readonly LabEngine[] {
    return this.#residents.engines().filter((engine) => engine.node === node);
  }
}
