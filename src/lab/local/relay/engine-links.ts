/** Every link of one engine: its gates, the connections through them, and what lies on them. */
import type { Socket } from "node:net";
import type { Rng } from "../../../base/rng.js";
import type { Disturbance, LinkDisturbance, LinkPortName } from "../../links.js";
import { Account } from "./account.js";
import { BurntNumbers, WithholdBurnt } from "./editors/burn.js";
import type { EditorSite } from "./editors/editor.js";
import { makeEditor } from "./editors/make-editor.js";
import { Gate, type GateSpec } from "./gate.js";
import { Link, type LinkTarget } from "./link.js";
import { shapeOf } from "./shape.js";

/** A disturbance as it lies on one engine; `account` counts on after its end. */
export interface Lying {
  readonly id: string;
  readonly disturbance: Disturbance;
  readonly ports: readonly LinkPortName[];
  readonly seed: number;
  readonly account: Account;
  active: boolean;
  storm?: NodeJS.Timeout;
}

export interface EngineLinksOptions {
  readonly engine: string;
  readonly rng: Rng;
  readonly nowMs: () => number;
  readonly onBurnt: (rank: number, seq: number, epoch: number) => void;
  readonly onNote: (text: string) => void;
}

const LINK_KINDS: ReadonlySet<string> = new Set<LinkDisturbance["kind"]>([
  "silence",
  "blackhole",
  "refuse",
  "storm",
  "delay",
  "loss",
  "bandwidth",
]);
const WITHHOLD = "withhold-burnt";

export class EngineLinks {
  readonly #options: EngineLinksOptions;
  readonly #lying: Lying[] = [];
  readonly #links = new Map<Link, Gate>();
  readonly #burnt = new Map<number, BurntNumbers>();
  #gates: Gate[] = [];
  #epoch = 0;

  constructor(options: EngineLinksOptions) {
    this.#options = options;
  }

  /** The engine's present life and where it is reached. A life of the same place keeps its gates. */
  async expose(epoch: number, specs: readonly GateSpec[]): Promise<readonly LinkTarget[]> {
    if (epoch !== this.#epoch) this.#burnt.clear();
    this.#epoch = epoch;
    await this.withdraw();
    this.#gates = specs.map((spec) => {
      const gate: Gate = new Gate(spec, (client) => this.#accept(gate, client));
      return gate;
    });
    await Promise.all(this.#gates.map((gate) => gate.listen(true)));
    const addresses = this.#gates.map((gate) => gate.address);
    await this.#refresh();
    return addresses;
  }

  /** Nobody listens any more; connections end as the engine's own do. */
  async withdraw(): Promise<void> {
    const gates = this.#gates;
    this.#gates = [];
    await Promise.all(gates.map((gate) => gate.listen(false)));
  }

  async lay(lying: Lying): Promise<void> {
    this.#lying.push(lying);
    const { disturbance } = lying;
    const atOnce = disturbance.kind === "corrupt-frame" && disturbance.what === "greeting";
    if (atOnce || (disturbance.kind === "refuse" && disturbance.reset)) this.#resetAll(lying);
    if (disturbance.kind === "storm") {
      this.#resetAll(lying);
      lying.storm = setInterval(() => this.#resetAll(lying), disturbance.everyMs);
    }
    await this.#refresh();
  }

  async lift(lying: Lying): Promise<void> {
    lying.active = false;
    clearInterval(lying.storm);
    lying.account.end(this.#options.nowMs());
    await this.#refresh();
  }

  report(lying: Lying): ReturnType<Account["report"]> {
    const links = [...this.#links.keys()].filter(({ port }) => lying.ports.includes(port));
    const held = links.reduce((bytes, link) => bytes + link.heldBytes, 0);
    return lying.account.report(this.#options.nowMs(), links.length, held);
  }

  #accept(gate: Gate, client: Socket): void {
    const { rng, nowMs, onNote } = this.#options;
    const link = new Link({
      client,
      target: gate.spec.target,
      port: gate.spec.port,
      rng: rng.fork("link"),
      nowMs,
      onNote,
      onClosed: () => this.#links.delete(link),
    });
    this.#links.set(link, gate);
    for (const { account } of this.#on(gate.spec.port)) account.accepted++;
    this.#reshape(link, gate);
  }

  async #refresh(): Promise<void> {
    for (const [link, gate] of this.#links) this.#reshape(link, gate);
    await Promise.all(this.#gates.map((gate) => gate.listen(!this.#refuses(gate.spec.port))));
  }

  #reshape(link: Link, gate: Gate): void {
    const { port, rank } = gate.spec;
    const lying = this.#lying.filter(({ ports }) => ports.includes(port));
    const active = this.#on(port);
    this.#edit(link, active, rank);
    const disturbances = active.map(({ disturbance }) => disturbance).filter(isLinkDisturbance);
    const shapes = {
      "to-gateway": shapeOf(disturbances, "to-gateway"),
      "to-engine": shapeOf(disturbances, "to-engine"),
    };
    link.reshape(
      shapes,
      lying.map(({ account }) => account),
    );
  }

  #edit(link: Link, active: readonly Lying[], rank: number): void {
    const { chain } = link.toGateway;
    const { port } = link;
    if (chain === null || port === "http") return;
    const burnt = this.#burntOf(rank);
    for (const id of chain.ids()) {
      if (id !== WITHHOLD && !active.some((lying) => lying.id === id)) chain.remove(id, this.#options.nowMs());
    }
    for (const { id, disturbance, seed, account } of active) {
      if (chain.has(id) || isLinkDisturbance(disturbance)) continue;
      const editor = makeEditor(disturbance, port, siteOf(rank, seed, account), burnt);
      if (editor !== null) chain.add(id, editor);
    }
    const site = siteOf(rank, 0, null);
    if (port === "replay" && burnt.any && !chain.has(WITHHOLD)) chain.add(WITHHOLD, new WithholdBurnt(site, burnt));
  }

  #burntOf(rank: number): BurntNumbers {
    let burnt = this.#burnt.get(rank);
    if (burnt === undefined) {
      const epoch = this.#epoch;
      burnt = new BurntNumbers((seq) => this.#options.onBurnt(rank, seq, epoch));
      this.#burnt.set(rank, burnt);
    }
    return burnt;
  }

  #resetAll({ ports, account }: Lying): void {
    for (const link of [...this.#links.keys()].filter(({ port }) => ports.includes(port))) {
      account.reset++;
      link.reset();
    }
  }

  #refuses(port: LinkPortName): boolean {
    return this.#on(port).some(({ disturbance }) => disturbance.kind === "refuse");
  }

  #on(port: LinkPortName): readonly Lying[] {
    return this.#lying.filter(({ active, ports }) => active && ports.includes(port));
  }
}

function siteOf(rank: number, seed: number, account: Account | null): EditorSite {
  return {
    rank,
    seed,
    saw(edited) {
      if (account === null) return;
      account.messages++;
      if (edited) account.edited++;
    },
    lost(bytes) {
      if (account !== null) account.lostBytes += bytes;
    },
    kept: (ms) => account?.waited(ms),
  };
}

function isLinkDisturbance(disturbance: Disturbance): disturbance is LinkDisturbance {
  return LINK_KINDS.has(disturbance.kind);
}
