import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flag, Holder, Removal } from "./holder.js";
import { certainPrefix, everPrefix, lifePrefix, possiblePrefix, throughoutPrefix, togetherPrefix } from "./prefix.js";

const IDS = 5;
const GROUPS = 2;

type Step =
  | { readonly op: "store" | "remove"; readonly id: number; readonly group: number; readonly medium: number }
  | { readonly op: "clear" | "restart" };

const change = fc.record({
  op: fc.constantFrom("store" as const, "store" as const, "remove" as const),
  id: fc.nat(IDS - 1),
  group: fc.nat(GROUPS - 1),
  medium: fc.nat(1),
});
const steps = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: change as fc.Arbitrary<Step> },
    fc.constant<Step>({ op: "clear" }),
    fc.constant<Step>({ op: "restart" }),
  ),
  {
    maxLength: 80,
  },
);

/** The same rules, written to be read: which ids are held after each step, at times 1, 2, 3… */
class NaiveHolder {
  readonly copies = new Map<string, number>();
  readonly held: Set<number>[] = [new Set()];
  readonly ever = new Set<number>();
  inLife = new Set<number>();

  take(step: Step): void {
    if (!("id" in step)) {
      this.copies.clear();
      if (step.op === "restart") this.inLife = new Set();
    } else {
      const key = `${step.id} ${step.group} ${step.medium}`;
      const now = (this.copies.get(key) ?? 0) + (step.op === "store" ? 1 : -1);
      if (now >= 0) this.copies.set(key, now);
    }
    const held = new Set<number>();
    for (let id = 0; id < IDS; id++) if (this.#complete(id)) held.add(id);
    for (const id of held) {
      this.ever.add(id);
      this.inLife.add(id);
    }
    this.held.push(held);
  }

  #complete(id: number): boolean {
    for (let group = 0; group < GROUPS; group++) {
      if (![0, 1].some((medium) => (this.copies.get(`${id} ${group} ${medium}`) ?? 0) > 0)) return false;
    }
    return true;
  }
}

function feed(holder: Holder, naive: NaiveHolder, list: readonly Step[]): void {
  for (const [i, step] of list.entries()) {
    const at = i + 1;
    if (step.op === "store") holder.store(step.id, step.group, step.medium, at, true);
    else if (step.op === "remove") holder.remove(step.id, step.group, step.medium, at, true);
    else if (step.op === "clear") holder.clear(at, true);
    else holder.endLife(at);
    naive.take(step);
  }
}

describe("Holder", () => {
  it("knows what was held when, as a naive model does, through clears, restarts, copies, media and groups", () => {
    fc.assert(
      fc.property(steps, fc.nat(80), fc.array(fc.nat(IDS - 1), { minLength: 1, maxLength: 4 }), (list, back, ids) => {
        const holder = new Holder(0, GROUPS);
        const naive = new NaiveHolder();
        feed(holder, naive, list);
        const now = list.length + 0.5;
        const from = Math.max(0.5, now - back);
        const chain = Int32Array.from(ids);
        const moments = naive.held.slice(Math.floor(from));
        const prefix = (keeps: (id: number) => boolean): number => {
          const end = ids.findIndex((id) => !keeps(id));
          return end < 0 ? ids.length : end;
        };
        expect(possiblePrefix(holder, chain, ids.length, from, now)).toBe(
          prefix((id) => moments.some((held) => held.has(id))),
        );
        expect(throughoutPrefix(holder, chain, ids.length, from, now)).toBe(
          prefix((id) => moments.every((held) => held.has(id))),
        );
        expect(togetherPrefix(holder, chain, ids.length, from, now)).toBe(
          Math.max(...moments.map((held) => prefix((id) => held.has(id)))),
        );
        expect(everPrefix(holder, chain, ids.length)).toBe(prefix((id) => naive.ever.has(id)));
        expect(lifePrefix(holder, chain, ids.length)).toBe(prefix((id) => naive.inLife.has(id)));
        expect(holder.resident).toBe(naive.held.at(-1)?.size);
      }),
      { numRuns: Number(process.env.KVPROOF_PROPERTY_RUNS ?? 2000) },
    );
  });

  it("calls a removal of what is not there impossible, and of one copy of two survived", () => {
    const holder = new Holder(0, 1);
    expect(holder.remove(7, 0, 0, 1, true)).toBe(Removal.impossible);
    holder.store(7, 0, 0, 2, true);
    holder.store(7, 0, 0, 3, true);
    expect(holder.remove(7, 0, 0, 4, true)).toBe(Removal.survived);
    expect(holder.remove(7, 0, 1, 5, true)).toBe(Removal.impossible);
    expect(holder.remove(7, 0, 0, 6, true)).toBe(Removal.lost);
    expect(holder.lostAt(holder.entry(7))).toBe(6);
  });

  it("marks what no consumer could know", () => {
    const holder = new Holder(0, 1);
    const window = { from: 5, to: 9, gpuOnly: false };
    holder.store(1, 0, 0, 1, false);
    holder.store(2, 0, 0, 1, true);
    holder.remove(2, 0, 0, 2, false);
    expect(certainPrefix(holder, Int32Array.of(1), 1, window, 0)).toBe(0);
    expect(possiblePrefix(holder, Int32Array.of(1, 2), 2, 5, 9)).toBe(2);
    holder.clear(10, false);
    expect(possiblePrefix(holder, Int32Array.of(1, 2), 2, 20, 29)).toBe(2);
    holder.clear(30, true);
    expect(possiblePrefix(holder, Int32Array.of(1, 2), 2, 40, 49)).toBe(0);
  });

  it("forgets intervals that no question can reach, and nothing else", () => {
    const holder = new Holder(0, 1);
    for (let at = 0; at < 1000; at += 10) {
      holder.store(1, 0, 0, at, true);
      holder.remove(1, 0, 0, at + 5, true);
      holder.forget(at - 100);
    }
    const entry = holder.entry(1);
    expect(holder.possibly(entry, 902, 904)).toBe(true);
    expect(holder.possibly(entry, 906, 908)).toBe(false);
    expect(holder.possibly(entry, 2, 4)).toBe(false);
    expect(holder.flags(entry) & Flag.ever).toBe(Flag.ever);
  });
});
