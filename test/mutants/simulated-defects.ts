/**
 * Defects of the gateway's cores, run in simulation: for each property one gateway that is broken in its way, beside those
 * of defects.ts, which run as processes.
 */
import type { Patch } from "./defect.js";

export interface SimulatedDefect {
  readonly id: string;
  readonly title: string;
  /** The property that must fail. */
  readonly property: string;
  readonly patches: readonly Patch[];
}

const one = (file: string, find: string, replace: string): readonly Patch[] => [{ file, find, replace }];
const MATCHER = "src/gateway/index/matcher.ts";
const INDEX = "src/gateway/index/prefix-index.ts";
const APPLIER = "src/gateway/index/event-applier.ts";
const SESSION = "src/gateway/session/session.ts";

const ONE_BATCH_LATE = one(
  INDEX,
  "apply: (payload) => this.#apply(holder, payload)",
  `apply: (payload) => {
    const last = holder.last;
    holder.last = payload.slice();
    return last ? this.#apply(holder, last) : { ...NOTHING };
  }`,
);

export const simulatedDefects: readonly SimulatedDefect[] = [
  {
    id: "claims-a-block-too-many",
    title: "every match is one block longer than it is",
    property: "S0",
    patches: one(MATCHER, "out.push(holder.id, blocks);", "out.push(holder.id, blocks + 1);"),
  },
  {
    id: "forgets-no-removals-in-time",
    title: "a removal is applied only when the next one comes",
    property: "S1",
    patches: one(
      "src/gateway/index/removal-queue.ts",
      "if (count === 0 || lane === undefined) return;",
      "if (count < 2 || lane === undefined) return;",
    ),
  },
  {
    id: "loses-one-store-in-ten",
    title: "one store event in ten is dropped",
    property: "S2",
    patches: one(
      APPLIER,
      "if (blockCount === 0) return;",
      "if (blockCount === 0 || this.#store.counters.storedBlocks % 10 === 0) return;",
    ),
  },
  {
    id: "borrows-heads",
    title: "an engine is credited with later blocks although it lacks earlier ones that another engine has",
    property: "S3",
    patches: one(
      MATCHER,
      "const after = before & (bits[set * width + word] as number);",
      "const after = bits[set * width + word] as number;",
    ),
  },
  {
    id: "every-run-is-a-root",
    title: "the parent hash is ignored: what was stored below a prefix stands alone",
    property: "S4",
    patches: one(
      "src/gateway/index/store-blocks.ts",
      "if (!event.hasParent) this.#fromRoot();",
      "if (true) this.#fromRoot();",
    ),
  },
  {
    id: "one-salt-for-all",
    title: "cache salts are ignored",
    property: "I1",
    patches: [
      ...one("src/gateway/index/store-blocks.ts", "claim.salt = event.salt;", "claim.salt = null;"),
      ...one(
        MATCHER,
        "this.#store.contexts.find(model, query.lora, query.salt, blockSize)",
        "this.#store.contexts.find(model, query.lora, null, blockSize)",
      ),
    ],
  },
  {
    id: "removal-hits-everybody",
    title: "what one engine removes is removed for all",
    property: "I2",
    patches: one(
      APPLIER,
      "this.#removals.add(lane, column, (event.hashLo[i] as number) | 0, (event.hashHi[i] as number) | 0);",
      `for (const other of this.#store.lanes) {
        if (other) this.#removals.add(other, column, (event.hashLo[i] as number) | 0, (event.hashHi[i] as number) | 0);
      }`,
    ),
  },
  {
    id: "removal-ignores-the-medium",
    title: "a removal from the GPU also forgets the copy on the CPU",
    property: "I3",
    patches: one(
      "src/gateway/index/removal.ts",
      "else if (held.extraColumns === 0) store.drop(lane, slot);",
      "else if (true) store.drop(lane, slot);",
    ),
  },
  {
    id: "position-goes-back",
    title: "the stream's position goes back now and then",
    property: "M1",
    patches: one(SESSION, "s.lastSeq = seq;", "s.lastSeq = seq % 4 === 3 ? seq - 3 : seq;"),
  },
  {
    id: "late-joiner-calls-itself-live",
    title: "nobody asks for what was published before the connection",
    property: "M2",
    patches: one(
      "src/gateway/session/life.ts",
      '  beginHolding(s, "catching-up");\n  startSync(s);\n}\n\n/** Without replay',
      "  s.next = ANY;\n  s.unproven = false;\n  beginFlowing(s);\n}\n\n/** Without replay",
    ),
  },
  {
    id: "keeps-holders",
    title: "an engine that left keeps its entries, and answers name it",
    property: "M3",
    patches: [
      ...one(
        INDEX,
        "    const holder = this.#holders.get(id);\n    if (holder === undefined) return;\n",
        "    const holder = this.#holders.get(id);\n    if (holder !== undefined) holder.spec = { ...holder.spec, rank: holder.spec.rank + 1000 * id };\n    return;\n",
      ),
      ...one(
        "src/gateway/policy/router.ts",
        "return engine !== undefined && engine.answerable() && engine.creditOf(rank) > 0;",
        "return engine === undefined || (engine.answerable() && engine.creditOf(rank) > 0);",
      ),
    ],
  },
  {
    id: "flaps",
    title: "every fifth answer is empty",
    property: "M6",
    patches: one(
      INDEX,
      "const count = this.matchInto(query, answer);",
      "const count = (globalThis.flaps = (globalThis.flaps ?? 0) + 1) % 5 === 0 ? 0 : this.matchInto(query, answer);",
    ),
  },
  {
    id: "never-catches-up",
    title: "the last batch of a stream is applied only when another one comes",
    property: "C1",
    patches: ONE_BATCH_LATE,
  },
  {
    id: "stores-late",
    title: "a store shows only with the next batch",
    property: "L1",
    patches: ONE_BATCH_LATE,
  },
  {
    id: "removes-nothing",
    title: "BlockRemoved events are read and thrown away",
    property: "L2",
    patches: one(
      APPLIER,
      "for (let i = 0; i < event.blockCount; i++) {\n      this.#removals.add",
      "for (let i = 0; i < 0; i++) {\n      this.#removals.add",
    ),
  },
  {
    id: "leaks-tables",
    title: "answers leave out an engine that left, but its tables are never freed",
    property: "B1",
    patches: [
      ...one(INDEX, "for (const lane of holder.lanes.slice()) this.#store.closeLane(lane);", ""),
      ...one(MATCHER, "if (blocks > 0) out.push", "if (blocks > 0 && !holder.removed) out.push"),
    ],
  },
  {
    id: "routes-by-load-alone",
    title: "the index is asked and its answer ignored",
    property: "R1",
    patches: one(
      "src/gateway/policy/candidate.ts",
      "return blocks * Math.min(1, Math.max(0, credit));",
      "return 0 * blocks * credit;",
    ),
  },
  {
    id: "counts-batches-twice",
    title: "every applied batch counts twice",
    property: "O1",
    patches: one(
      SESSION,
      "counters.applied++;\n    counters.appliedEvents",
      "counters.applied += 2;\n    counters.appliedEvents",
    ),
  },
];
