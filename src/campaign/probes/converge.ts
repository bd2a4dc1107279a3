/** The final comparison: load has stopped, and every answer about many prompts must come to equal the truth, and stay so. */
import { delay, mapLimit } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import { HeldBlocks } from "../run/held-blocks.js";
import type { Prompt } from "../run/prompt-book.js";
import type { ProbeKit } from "./probe-kit.js";

const AT_ONCE = 8;
const PAUSE_MS = 50;
/** Rounds in a row without a wrong answer. */
const ROUNDS_TO_HOLD = 2;
/** Beyond the recovery bound, so that a wrong answer after it is on record. */
const BEYOND_BOUND_MS = 250;

/** Resolves true once converged, false when the recovery bound has passed without it. */
export async function converge(kit: ProbeKit, signal: AbortSignal): Promise<boolean> {
  const { plan, clock, lab, sut, recorder } = kit.context;
  if (!sut.capabilities.match) return true;
  const held = new HeldBlocks(lab, recorder.lost);
  const giveUpAt = clock.nowNs() + plan.bounds.recoveryNs + BEYOND_BOUND_MS * NS_PER_MS;
  const prompts = choosePrompts(kit);
  let exactRounds = 0;
  while (!signal.aborted) {
    held.refresh();
    const exact = await mapLimit(prompts, AT_ONCE, (prompt) => isExact(kit, held, prompt));
    exactRounds = exact.every(Boolean) ? exactRounds + 1 : 0;
    if (exactRounds >= ROUNDS_TO_HOLD) return true;
    if (clock.nowNs() > giveUpAt) return false;
    await delay(PAUSE_MS, signal);
  }
  return false;
}

/**
 * One more round, asked when the load is over for longer than the staleness bound: what came and went last is excused by nothing
 * any more, and what the answers had converged to must have stayed.
 */
export async function askOnceMore(kit: ProbeKit): Promise<void> {
  if (!kit.context.sut.capabilities.match) return;
  await mapLimit(choosePrompts(kit), AT_ONCE, (prompt) => kit.ask(prompt, { probe: "converge" }));
}

async function isExact(kit: ProbeKit, held: HeldBlocks, prompt: Prompt): Promise<boolean> {
  const { answer } = await kit.ask(prompt, { probe: "converge" });
  if (answer === undefined) return false;
  return kit.members().every((handle) => {
    const claimed = answer[handle.spec.engine] ?? 0;
    const { least, most } = held.prefix(handle, prompt);
    return claimed >= least && claimed <= most;
  });
}

/** Prompts used lately, those that probes stored among them; at most as many as planned. */
function choosePrompts(kit: ProbeKit): Prompt[] {
  const candidates = [
    ...new Set([...kit.context.stored.all().map(({ prompt }) => prompt), ...kit.context.recent.all()]),
  ];
  const askable = kit.rng.shuffle(candidates.filter((prompt) => kit.askable(prompt) && prompt.chain.length > 0));
  return askable.slice(0, kit.context.plan.probes.converge_prompts);
}
