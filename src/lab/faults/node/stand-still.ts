/** node.freeze and node.cut: everything on a node answers nobody for a while, and goes on as if nothing had been. */
import { z } from "zod";
import type { NodeAction } from "../../nodes.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { named, STALL_MS } from "../watching.js";
import {
  answering,
  healthUrls,
  nodesOf,
  reasonAgainst,
  type StruckNode,
  struckNode,
  touchedBy,
} from "./struck-node.js";

/** Late, for what piled up meanwhile is done first, but an answer. */
const AGAIN_MS = 2_000;

const parameters = z.strictObject({});

interface Still {
  readonly kind: Fault["kind"];
  readonly does: string;
  readonly begin: NodeAction;
  readonly end: NodeAction;
}

function still({ kind, does, begin, end }: Still): Fault<z.infer<typeof parameters>> {
  return {
    kind,
    does,
    targets: ["engines", "gateway"],
    needs: ["node.command"],
    parameters,
    touches: touchedBy,
    impossible: (_parameters, engines) => reasonAgainst(engines),
    async inject(world) {
      const struck = struckNode(world);
      const active = new StandingStill(world, struck, end);
      await nodesOf(world).act(begin, struck.node);
      return active;
    },
  };
}

export const nodeFreeze = still({
  kind: "node.freeze",
  does: "A node hangs: every process on it stops where it is. Later they go on",
  begin: "freeze",
  end: "thaw",
});

export const nodeCut = still({
  kind: "node.cut",
  does: "A node is cut off: its cable is unplugged, its processes go on. Later it is plugged in",
  begin: "cut",
  end: "mend",
});

class StandingStill implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #struck: StruckNode;
  readonly #end: NodeAction;
  readonly #urls: ReadonlyMap<string, string>;
  readonly #told: string;
  #ended = false;

  constructor(world: FaultWorld, struck: StruckNode, end: NodeAction) {
    this.#world = world;
    this.#struck = struck;
    this.#end = end;
    this.#urls = healthUrls(world, struck.engines);
    this.#told = `node ${struck.node} (${named([...(struck.gateway ? ["gateway"] : []), ...struck.engines])})`;
  }

  async effect(): Promise<string | null> {
    const heard = await answering(this.#world, this.#struck, this.#urls);
    return heard.length > 0 ? null : `${this.#told}: nothing on it answers within ${STALL_MS} ms`;
  }

  async recover(): Promise<void> {
    if (this.#ended) return;
    await nodesOf(this.#world).act(this.#end, this.#struck.node);
    this.#ended = true;
  }

  async recovered(): Promise<string | null> {
    const heard = await answering(this.#world, this.#struck, this.#urls, AGAIN_MS);
    const all = this.#urls.size + (this.#struck.gateway ? 1 : 0);
    return heard.length < all ? null : `${this.#told}: all on it answer again`;
  }
}
