/** How long until a store shows, until a removal shows, and whether a removal on one engine harms another. */
import type { StoredPrompt } from "../run/run-context.js";
import type { EvictedSpan, ProbeKit } from "./probe-kit.js";

const PARTIAL_EVICTIONS = 0.3;
const LOOKS_AT_OTHER_RANK = 4;
const HEAD_EVICTIONS = 0.5;
const ALL: EvictedSpan = { from: 0 };
const HEAD: EvictedSpan = { from: 0, until: 1 };

/** L1: stores a fresh prompt on an engine, and asks until it is credited. */
export async function probeVisibility(kit: ProbeKit): Promise<void> {
  const handle = kit.member();
  if (handle === null) return;
  const prompt = kit.freshPrompt(kit.lineage(handle.spec.model));
  const storing = kit.store(handle, prompt, kit.rank(handle));
  const asked = { probe: "visibility", target: handle.spec.engine } as const;
  const shown = await kit.pollUntil(prompt, asked, (blocks) => blocks >= prompt.chain.length, storing);
  if (shown) kit.context.stored.add(await storing);
}

/** L2: evicts a stored prompt, whole or its tail, and asks until the credit is gone. */
export async function probeInvalidation(kit: ProbeKit): Promise<void> {
  const stored = kit.context.stored.take(
    kit.rng,
    (candidate) => kit.stillThere(candidate) && kit.askable(candidate.prompt),
  );
  if (stored === null) return;
  const from = kit.rng.chance(PARTIAL_EVICTIONS) ? kit.rng.int(0, stored.prompt.chain.length - 1) : 0;
  await watchEviction(kit, stored, { from });
}

/** I2: the same prompt on two engines, or two ranks of one; what one evicts, the other still has. */
export async function probeIsolation(kit: ProbeKit): Promise<void> {
  const pair = kit.pair();
  const first = pair?.[0] ?? kit.member();
  if (first === null) return;
  const twoRanks = first.spec.ranks > 1 && (pair === null || kit.rng.chance(0.5));
  const second = twoRanks ? first : pair?.[1];
  if (second === undefined) return;
  const prompt = kit.freshPrompt(kit.lineage(first.spec.model));
  const here = await kit.store(first, prompt, 0);
  const storingThere = kit.store(second, prompt, twoRanks ? 1 : 0);
  const everywhere = (blocks: number): boolean => blocks >= prompt.chain.length;
  await kit.pollUntil(prompt, { probe: "visibility", target: second.spec.engine }, everywhere, storingThere);
  await kit.pollUntil(prompt, { probe: "sample", target: first.spec.engine }, everywhere, storingThere);
  if (!kit.stillThere(here)) return;
  // Half of the time only the head goes: what follows is still cached there, and worth nothing without it.
  if (!twoRanks) return watchEviction(kit, here, kit.rng.chance(HEAD_EVICTIONS) ? HEAD : ALL);
  await kit.evict(here);
  for (let look = 0; look < LOOKS_AT_OTHER_RANK; look++) await kit.ask(prompt, { probe: "sample" });
}

async function watchEviction(kit: ProbeKit, stored: StoredPrompt, span: EvictedSpan): Promise<void> {
  const asked = { probe: "invalidation", target: stored.engine } as const;
  let evicted = Number.POSITIVE_INFINITY;
  const evicting = kit.evict(stored, span).then((count) => (evicted = count));
  // Nothing evicted: it had left the cache before, and there is nothing to wait for.
  await kit.pollUntil(stored.prompt, asked, (blocks) => blocks <= span.from || evicted === 0, evicting);
}
