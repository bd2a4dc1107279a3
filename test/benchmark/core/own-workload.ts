/**
 * The project's own workload, seeded: chat sessions that share system prompts, on engines that keep the most recently used blocks
 * and evict the tail of a chain first, as vLLM does. Each request is one batch for the prefill (removals, then stores) and
 * one per decoded block. The right answers come from what the engines themselves remember, not from any index.
 *
 * holes: some evictions take a block from the middle of a chain; what lacks is stored again when the session returns.
 * reannounce: besides, a request announces everything from its first missing block on (set semantics).
 */
import { Rng } from "../../../src/base/rng.js";
import type { KvEvent } from "../../../src/protocol/kv-event.js";
import { encodeBatch } from "../../../src/protocol/kv-event-writer.js";
import type { Dialect } from "../../../src/protocol/dialects.js";
import { EngineModel } from "./own-engine.js";
import type { TreeNode } from "./own-engine.js";
import { Batches, Questions } from "./workload.js";
import type { Question, Workload } from "./workload.js";

export type OwnKind = "main" | "holes" | "reannounce";

const BLOCK_SIZE = 16;
const VOCABULARY = 128_000;
const SYSTEM_BLOCKS = 128;
const MAX_BLOCKS = 625;
const LORAS: readonly (string | null)[] = [null, null, null, "sql", "chat"];
const FORMS: ReadonlyMap<string, Dialect> = new Map([
  ["map", "vllm-0.30"],
  ["array", "vllm-0.22"],
]);

interface Size {
  readonly engines: number;
  readonly cacheBlocks: number;
  readonly operations: number;
  readonly sessions: number;
  readonly questions: number;
}
const FULL: Size = { engines: 40, cacheBlocks: 3000, operations: 300_000, sessions: 400, questions: 4000 };
const QUICK: Size = { engines: 12, cacheBlocks: 1500, operations: 40_000, sessions: 80, questions: 800 };

interface Session {
  readonly model: string;
  readonly lora: string | null;
  readonly chain: TreeNode[];
  engine: number;
}

/** Tokens of a content: a keyless mixer (lowbias32 by Chris Wellons) of content and position. */
function token(content: number, position: number): number {
  let x = Math.imul(content + 1, 0x9e37_79b1) ^ Math.imul(position + 1, 0x85eb_ca77);
  x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
  return ((x ^ (x >>> 15)) >>> 0) % VOCABULARY;
}
function fill(contents: ArrayLike<number>, target: Uint32Array): void {
  for (let block = 0; block < contents.length; block++) {
    const content = contents[block] as number;
    for (let i = 0; i < BLOCK_SIZE; i++) target[block * BLOCK_SIZE + i] = token(content, i);
  }
}

class Generator {
  readonly batches = new Map([...FORMS.keys()].map((form) => [form, [] as { holder: number; payload: Uint8Array }[]]));
  operations = 0;
  readonly engines: EngineModel[];
  readonly #rng: Rng;
  readonly #roots = new Map<string, TreeNode>();
  readonly #sessions: Session[];
  #nextContent = 1_000_000;

  constructor(
    readonly kind: OwnKind,
    readonly size: Size,
    seed: number,
  ) {
    this.#rng = new Rng(seed).fork(kind);
    this.engines = Array.from({ length: size.engines }, () => new EngineModel(size.cacheBlocks));
    this.#sessions = Array.from({ length: size.sessions }, () => this.#newSession());
  }
  modelOf(engine: number): string {
    return engine < this.size.engines / 2 ? "alpha" : "beta";
  }
  run(): void {
    while (this.operations < this.size.operations) this.#request();
  }

  #engineFor(model: string): number {
    const half = this.size.engines / 2;
    return this.#rng.int(0, half - 1) + (model === "alpha" ? 0 : half);
  }
  #child(parent: TreeNode, content: number): TreeNode {
    let child = parent.children.get(content);
    if (child === undefined) {
      const hash = (BigInt(this.#rng.u32()) << 32n) | BigInt(this.#rng.u32());
      child = { content, parent, hash, children: new Map() };
      parent.children.set(content, child);
    }
    return child;
  }
  #newSession(): Session {
    const model = this.#rng.pick(["alpha", "beta"]);
    const lora = this.#rng.pick(LORAS);
    const name = `${model} ${lora}`;
    let node = this.#roots.get(name);
    if (node === undefined)
      this.#roots.set(name, (node = { content: -1, parent: null, hash: 0n, children: new Map() }));
    // Few prompts are used often, many seldom.
    const system = Math.floor(48 * this.#rng.float() ** 3);
    const chain: TreeNode[] = [];
    for (let i = 0; i < SYSTEM_BLOCKS; i++) chain.push((node = this.#child(node, system * SYSTEM_BLOCKS + i)));
    return { model, lora, chain, engine: this.#engineFor(model) };
  }
  #grow(chain: TreeNode[], blocks: number): void {
    for (let i = 0; i < blocks; i++) chain.push(this.#child(chain.at(-1) as TreeNode, this.#nextContent++));
  }

  #request(): void {
    const slot = this.#rng.int(0, this.#sessions.length - 1);
    const blocks = this.#rng.int(8, 40);
    let session = this.#sessions[slot] as Session;
    if (session.chain.length + blocks > MAX_BLOCKS) this.#sessions[slot] = session = this.#newSession();
    if (this.#rng.chance(0.05)) session.engine = this.#engineFor(session.model);
    this.#grow(session.chain, blocks);
    const decoded = this.#rng.int(1, 6);
    const prefill = session.chain.length - decoded;
    const engine = this.engines[session.engine] as EngineModel;
    engine.begin();
    this.#step(session, 0, prefill);
    for (let i = prefill; i < session.chain.length; i++) this.#step(session, i, i + 1);
    // vLLM computes the last block of a block-aligned prompt anew: a second copy of the same hash.
    if (this.kind === "main" && this.#rng.chance(0.25)) this.#store(session, [session.chain.slice(-1)], true);
    engine.end();
  }
  /** Blocks `from` .. `to` of the chain become resident: what lacks is stored, in one batch. */
  #step(session: Session, from: number, to: number): void {
    const engine = this.engines[session.engine] as EngineModel;
    const runs: TreeNode[][] = [];
    let last = -1;
    for (let i = from; i < to; i++) {
      const node = session.chain[i] as TreeNode;
      const hit = engine.use(node);
      if (hit && !(this.kind === "reannounce" && runs.length > 0)) continue;
      if (last === i - 1 && runs.length > 0) runs.at(-1)?.push(node);
      else runs.push([node]);
      last = i;
    }
    if (runs.length > 0) this.#store(session, runs, false);
  }
  #store(session: Session, runs: readonly TreeNode[][], copy: boolean): void {
    const engine = this.engines[session.engine] as EngineModel;
    const holes = this.kind === "main" ? 0 : 0.3;
    const events: KvEvent[] = [];
    for (const node of runs.flat()) {
      if (!copy && engine.holds(node)) continue;
      for (const evicted of engine.store(node, () => (this.#rng.chance(holes) ? this.#rng.int(1, 20) : 0))) {
        events.push({ type: "removed", blockHashes: [evicted.hash], medium: "GPU", groupIdx: 0 });
      }
    }
    for (const run of runs) events.push(this.#stored(run, session.lora));
    for (const event of events) this.operations += event.type === "cleared" ? 0 : event.blockHashes.length;
    const batch = { ts: this.operations / 1000, rank: 0, events };
    for (const [form, dialect] of FORMS) {
      this.batches.get(form)?.push({ holder: session.engine, payload: encodeBatch(dialect, batch) });
    }
  }
  #stored(run: readonly TreeNode[], lora: string | null): KvEvent {
    const tokenIds = new Uint32Array(run.length * BLOCK_SIZE);
    fill(
      run.map(({ content }) => content),
      tokenIds,
    );
    const parent = run[0]?.parent;
    return {
      type: "stored",
      blockHashes: run.map(({ hash }) => hash),
      parent: parent === undefined || parent === null || parent.parent === null ? null : parent.hash,
      tokenIds,
      blockSize: BLOCK_SIZE,
      loraId: lora === null ? null : LORAS.indexOf(lora),
      loraName: lora,
      medium: "GPU",
      extraKeys: run.map(() => (lora === null ? null : [lora])),
      groupIdx: 0,
      specKind: "full_attention",
    };
  }

  questions(): Question[] {
    const long = this.#sessions.filter(({ chain }) => chain.length >= 350);
    const fresh = (count: number) => Array.from({ length: count }, () => this.#nextContent++);
    const fit = (contents: number[], length: number) => [
      ...contents.slice(0, length),
      ...fresh(Math.max(0, length - contents.length)),
    ];
    const contentsOf = ({ chain }: Session) => chain.map(({ content }) => content);
    return Array.from({ length: this.size.questions }, (_, i) => {
      const kind = i % 8 === 0 ? "128" : i % 8 === 1 ? "625" : "mixed";
      const session = this.#rng.pick(kind === "625" && long.length > 0 ? long : this.#sessions);
      const own = contentsOf(session);
      if (kind !== "mixed") return this.#question(kind, session, fit(own, kind === "128" ? SYSTEM_BLOCKS : MAX_BLOCKS));
      const length = this.#rng.int(1, MAX_BLOCKS);
      const shape = this.#rng.int(0, 5);
      if (shape === 0) return this.#question(kind, session, fresh(length));
      if (shape === 1) return this.#question(kind, session, fit(own.slice(this.#rng.int(1, 60)), length));
      if (shape === 2) return this.#question(kind, { ...session, lora: "none such" }, fit(own, length));
      if (shape > 3) return this.#question(kind, session, fit(own, length));
      // The head of one session, the tail of another: nobody holds it beyond the seam, unless they share it.
      const other = contentsOf(this.#rng.pick(this.#sessions));
      const seam = this.#rng.int(1, own.length);
      return this.#question(kind, session, fit([...own.slice(0, seam), ...other.slice(seam)], length));
    });
  }
  #question(kind: string, { model, lora }: Pick<Session, "model" | "lora">, contents: number[]): Question {
    const path: TreeNode[] = [];
    let node = this.#roots.get(`${model} ${lora}`);
    for (const content of contents) {
      node = node?.children.get(content);
      if (node === undefined) break;
      path.push(node);
    }
    const answer: number[] = [];
    this.engines.forEach((engine, holder) => {
      let blocks = 0;
      while (blocks < path.length && engine.holds(path[blocks] as TreeNode)) blocks++;
      if (blocks > 0) answer.push(holder, blocks);
    });
    return { kind, model, lora, contents, answer };
  }
}

export function ownWorkload(kind: OwnKind, seed: number, quick: boolean): Workload {
  const generator = new Generator(kind, quick ? QUICK : FULL, seed);
  generator.run();
  return {
    name: `own/${kind}`,
    description: `seed ${seed}, ${generator.engines.length} engines, ${generator.operations} operations`,
    blockSize: BLOCK_SIZE,
    duplicates: kind === "reannounce" ? "set" : "copies",
    holders: generator.engines.map((_, i) => generator.modelOf(i)),
    forms: new Map([...generator.batches].map(([form, batches]) => [form, new Batches(batches)])),
    operations: generator.operations,
    residentPairs: generator.engines.reduce((sum, engine) => sum + engine.distinct, 0),
    questions: new Questions(generator.questions()),
    fill,
  };
}
