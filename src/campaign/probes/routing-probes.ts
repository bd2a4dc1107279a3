/** Whether real routing follows the caches: a prompt sent twice, and a prefix that moves from one engine to another. */
import { delay } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import type { ProbeKit } from "./probe-kit.js";
import { askRoute } from "./question-probes.js";

/** Beyond the staleness bound: by then the first sending's blocks are certainly known. */
const BEYOND_BOUND_MS = 60;
/** How long to look for a moment in which nothing else is in flight; without one the sending proves less, but is sent. */
const QUIET_PATIENCE_MS = 500;
const POLL_MS = 1;
/** For the awaiting question to have reached the system before what it waits for. */
const ASKED_AHEAD_MS = 4;
const MAX_WAIT_MS = 8_000;

/**
 * Sends a prompt, lets the bound pass, and sends it again, both while no other request runs. Tagged "follow:<n>", or
 * "control:<n>" in a run without events.
 */
export async function probeFollow(kit: ProbeKit, n: number): Promise<void> {
  const { plan, openai, recent } = kit.context;
  const handle = kit.context.fleet.members().at(n % Math.max(1, kit.context.fleet.members().length));
  if (handle === undefined) return;
  const prompt = kit.freshPrompt(kit.lineage(handle.spec.model));
  const tag = `${plan.gateway.events ? "follow" : "control"}:${n}`;
  for (const stream of [false, true]) {
    await quietMoment(kit);
    await openai.complete({ prompt, maxTokens: 1, stream, dueNs: kit.context.clock.nowNs(), tag });
    recent.add(prompt);
    if (!stream) await delay(plan.bounds.stalenessNs / NS_PER_MS + BEYOND_BOUND_MS);
  }
}

/** Stores a prefix on A until the choice is A, then evicts it there and stores it on B until the choice is B. */
export async function probeFlip(kit: ProbeKit, n: number): Promise<void> {
  const pair = kit.pair();
  if (pair === null) return;
  const [from, to] = pair;
  const prompt = kit.freshPrompt({ model: from.spec.model, adapter: null, salt: null });
  const tag = `flip:${n}`;
  const there = await kit.store(from, prompt);
  if (!(await routedTo(kit, prompt, from.spec.engine, tag))) return;
  const { sut, plan } = kit.context;
  // Asked before anything moves, so that the answer comes with the events and not with the next poll.
  const waitMs = Math.min(MAX_WAIT_MS, Math.round(plan.bounds.stalenessNs / NS_PER_MS) + BEYOND_BOUND_MS);
  const until = { engine: to.spec.engine, matchedBlocks: prompt.chain.length, waitMs };
  const awaited = sut.awaitsDecisions ? askRoute(kit, prompt, tag, until) : null;
  if (awaited !== null) await delay(ASKED_AHEAD_MS);
  const moving = Promise.all([kit.evict(there), kit.store(to, prompt)]);
  await awaited;
  await routedTo(kit, prompt, to.spec.engine, tag);
  await moving;
}

/** Dry runs until the choice is `engine`; false when the bound passes first. */
async function routedTo(
  kit: ProbeKit,
  prompt: Parameters<typeof askRoute>[1],
  engine: string,
  tag: string,
): Promise<boolean> {
  const { clock, plan } = kit.context;
  const giveUpAt = clock.nowNs() + plan.bounds.stalenessNs + BEYOND_BOUND_MS * NS_PER_MS;
  for (;;) {
    const { engine: chosen } = await askRoute(kit, prompt, tag);
    if (chosen === engine) return true;
    if (clock.nowNs() > giveUpAt) return false;
    await delay(POLL_MS);
  }
}

async function quietMoment(kit: ProbeKit): Promise<void> {
  const { clock, inFlight } = kit.context;
  const giveUpAt = clock.nowNs() + QUIET_PATIENCE_MS * NS_PER_MS;
  while (!inFlight.quiet(clock.nowNs()) && clock.nowNs() < giveUpAt) await delay(POLL_MS);
}
