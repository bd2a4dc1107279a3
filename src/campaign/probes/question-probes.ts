/** Single questions: about what is cached, about what only looks like it, and about where the router would send it. */
import { asError } from "../../base/errors.js";
import type { AwaitedChoice } from "../../lab/sut/port.js";
import type { RouteRecord } from "../../judge/history/records.js";
import { type Prompt, type PromptLineage, queryOf } from "../run/prompt-book.js";
import type { ProbeKit } from "./probe-kit.js";

/** A prompt that requests or probes used lately. */
export async function probeSample(kit: ProbeKit): Promise<void> {
  const prompt = kit.recent();
  if (prompt !== null) await kit.ask(prompt, { probe: "sample" });
}

/** S4: the tail of a cached prompt as a prompt of its own. */
export async function probeSuffix(kit: ProbeKit): Promise<void> {
  const whole = kit.recent();
  if (whole === null || whole.chain.length < 2) return;
  const from = kit.rng.int(1, whole.chain.length - 1) * whole.blockSize;
  const tail = kit.context.prompts.add(whole, whole.tokens.slice(from));
  await kit.ask(tail, { probe: "suffix" });
}

/** I1: the tokens of a cached prompt under another model, adapter or salt. */
export async function probeCross(kit: ProbeKit): Promise<void> {
  const cached = kit.recent();
  if (cached === null || cached.chain.length === 0) return;
  const others = otherLineages(kit, cached);
  if (others.length === 0) return;
  const twin = kit.context.prompts.add(kit.rng.pick(others), cached.tokens);
  await kit.ask(twin, { probe: "cross", twin: cached.id });
}

/** R1: where would it go, if nobody had work? */
export async function probeDryRoute(kit: ProbeKit): Promise<void> {
  const prompt = kit.recent();
  if (prompt !== null) await askRoute(kit, prompt);
}

/** A dry run with all loads 0, recorded. Never rejects. */
export async function askRoute(
  kit: ProbeKit,
  prompt: Prompt,
  tag?: string,
  until?: AwaitedChoice,
): Promise<RouteRecord> {
  const { clock, sut, recorder } = kit.context;
  const loads = {};
  const inv = clock.nowNs();
  let outcome: Partial<RouteRecord>;
  try {
    const { engine, matchedBlocks, decidedNs } = await (until === undefined
      ? sut.route(queryOf(prompt), loads)
      : sut.routeUntil(queryOf(prompt), loads, until));
    outcome = {
      engine,
      ...(matchedBlocks === undefined ? {} : { claimedBlocks: matchedBlocks }),
      ...(decidedNs === undefined ? {} : { decidedAt: decidedNs }),
    };
  } catch (thrown) {
    outcome = { error: asError(thrown).message };
  }
  const ret = clock.nowNs();
  const times = { at: ret, inv, chosenAt: ret, ret, due: inv };
  const record: RouteRecord = {
    k: "route",
    ...times,
    prompt: prompt.id,
    dry: true,
    loads,
    ...(until === undefined ? {} : { awaited: true }),
    ...outcome,
    ...(tag ? { tag } : {}),
  };
  recorder.record(record);
  return record;
}

/** Every other model with this one's tokens, every settled adapter and the base, salted and not. */
function otherLineages(kit: ProbeKit, cached: Prompt): PromptLineage[] {
  const { model, adapter, salt } = cached;
  const models = [...new Set(kit.members().map(({ spec }) => spec.model))].filter((other) => other !== model);
  const known = kit.context.sut.capabilities;
  const loaded = known.lora ? kit.settledAdapters(model) : [];
  const adapters = [null, ...loaded].filter((other) => other?.name !== adapter?.name);
  return [
    ...models.map((other) => ({ model: other, adapter: null, salt })),
    ...adapters.map((other) => ({ model, adapter: other, salt })),
    ...(known.salt ? [{ model, adapter, salt: salt === null ? "other-salt" : null }] : []),
  ];
}
