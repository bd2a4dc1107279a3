/** node.crash: a node loses its power with everything on it; later it is back, and its kubelet starts what was there. */
import { z } from "zod";
import { NS_PER_MS } from "../../../base/clock.js";
import type { ActiveFault, Fault, FaultWorld } from "../fault.js";
import { named } from "../watching.js";
import {
  answering,
  healthUrls,
  nodesOf,
  reasonAgainst,
  type StruckNode,
  struckNode,
  touchedBy,
} from "./struck-node.js";

const parameters = z.strictObject({});

export const nodeCrash: Fault<z.infer<typeof parameters>> = {
  kind: "node.crash",
  does: "A node ends at once with every process on it. Later it starts again, and its pods with it, at new addresses",
  targets: ["engines"],
  needs: ["node.command", "engine.restart-in-place"],
  parameters,
  touches: touchedBy,
  impossible: (_parameters, engines) => reasonAgainst(engines),
  async inject(world) {
    const crash = new Crash(world, struckNode(world));
    await crash.strike();
    return crash;
  },
};

class Crash implements ActiveFault {
  readonly #world: FaultWorld;
  readonly #struck: StruckNode;
  readonly #urls: ReadonlyMap<string, string>;
  #nodeUp = false;
  #backMs: number | null = null;

  constructor(world: FaultWorld, struck: StruckNode) {
    this.#world = world;
    this.#struck = struck;
    this.#urls = healthUrls(world, struck.engines);
  }

  async strike(): Promise<void> {
    const { orchestrator } = this.#world;
    const { engines, node } = this.#struck;
    for (const engine of engines) orchestrator.expectDeath(engine);
    await nodesOf(this.#world).act("crash", node);
    await Promise.all(engines.map((engine) => orchestrator.stopEngine(engine, "kill")));
  }

  async effect(): Promise<string | null> {
    const heard = await answering(this.#world, this.#struck, this.#urls);
    return heard.length > 0 ? null : `${this.#told} ended with all that ran on it`;
  }

  async recover(): Promise<void> {
    if (this.#backMs !== null) return;
    const { clock, orchestrator, signal } = this.#world;
    const { node, engines } = this.#struck;
    const beganAt = clock.nowNs();
    if (!this.#nodeUp) await nodesOf(this.#world).act("up", node);
    this.#nodeUp = true;
    // A run that ends early needs no engines back.
    if (!signal.aborted) await Promise.all(engines.map((engine) => orchestrator.startEngine(engine)));
    this.#backMs = Math.round((clock.nowNs() - beganAt) / NS_PER_MS);
  }

  async recovered(): Promise<string | null> {
    if (this.#backMs === null) return null;
    if (this.#world.signal.aborted) return `${this.#told} is up again`;
    const running = new Set(this.#world.lab.engines().map(({ spec }) => spec.engine));
    const down = this.#struck.engines.filter((engine) => !running.has(engine));
    return down.length > 0 ? null : `${this.#told} is up again, its engines ${this.#backMs} ms after it was told to be`;
  }

  get #told(): string {
    return `node ${this.#struck.node} (${named(this.#struck.engines)})`;
  }
}
