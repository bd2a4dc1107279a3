/** Engines come, go, move and start again; the system under test is told in the order in which an orchestrator would tell it. */
import { delay } from "../../base/async.js";
import { NS_PER_MS } from "../../base/clock.js";
import type { EngineHandle, EngineSpec } from "../../lab/ports.js";
import { lastSequence } from "../run/ledger-tail.js";
import type { ProbeKit } from "../probes/probe-kit.js";
import type { StepSpec } from "../schema/steps.js";
import { targetsOf } from "./targets.js";

type EngineStep = Exclude<StepSpec, { do: `adapter.${string}` | `cache.${string}` }>;
type StepOf<K extends StepSpec["do"]> = Extract<StepSpec, { do: K }>;

/** Beyond the old last sequence number, so that the restart cannot be seen by the number alone. */
const OVERTAKE_BY = 25;
/** Longest wait for requests under way before an orderly deletion goes on. */
const PRE_STOP_MS = 2_000;

export async function engineStep(kit: ProbeKit, step: EngineStep): Promise<void> {
  switch (step.do) {
    case "engine.add":
      return add(kit, step);
    case "engine.scale":
      return scale(kit, step);
    case "engine.delete":
      return forEachTarget(kit, step, (handle) => remove(kit, handle));
    case "engine.kill":
      return forEachTarget(kit, step, (handle) => kill(kit, handle));
    case "engine.restart":
      return forEachTarget(kit, step, (handle) => restart(kit, handle, step));
    case "engine.migrate":
      return forEachTarget(kit, step, (handle) => migrate(kit, handle, step.how));
    case "engine.replace":
      return forEachTarget(kit, step, (handle) => replace(kit, handle, step.how));
    case "engine.rollout":
      return rollout(kit, step.engine);
    case "engine.evict":
      return forEachTarget(kit, step, (handle) => evict(kit, handle));
    case "node.drain":
      return drainNode(kit, step.engine);
    case "sut.remove":
      return forEachTarget(kit, step, ({ spec }) => kit.context.fleet.leave(spec.engine));
    case "sut.add":
      return forEachTarget(kit, step, (handle) => kit.context.fleet.join(handle));
  }
}

async function forEachTarget(
  kit: ProbeKit,
  { engine }: { readonly engine: string },
  work: (handle: EngineHandle) => Promise<void>,
): Promise<void> {
  await Promise.all(targetsOf(kit.context, engine).map(work));
}

async function add(kit: ProbeKit, step: StepOf<"engine.add">): Promise<void> {
  const specs = newSpecs(kit, step.model, step.count).map((spec) => ({
    ...spec,
    publishAtStart: step.publish_at_start,
  }));
  await Promise.all(specs.map((spec) => start(kit, spec, step.store_before_join)));
}

async function scale(kit: ProbeKit, { model, to }: StepOf<"engine.scale">): Promise<void> {
  const present = kit.context.fleet.membersOf(model);
  const missing = newSpecs(kit, model, Math.max(0, to - present.length));
  // The youngest leave first, as a StatefulSet's highest ordinals do.
  const surplus = present.slice(to);
  await Promise.all([...missing.map((spec) => start(kit, spec, 0)), ...surplus.map((handle) => remove(kit, handle))]);
}

/** An orderly deletion: endpoints go first, requests under way get time to end (preStop), then the process is asked to. */
async function remove(kit: ProbeKit, handle: EngineHandle): Promise<void> {
  await leaveInOrder(kit, handle);
  await kit.context.fleet.stop(handle.spec.engine, "graceful", true);
}

async function leaveInOrder({ context }: ProbeKit, { spec }: EngineHandle): Promise<void> {
  await context.fleet.leave(spec.engine);
  const leftAt = context.clock.nowNs();
  const giveUpAt = leftAt + PRE_STOP_MS * NS_PER_MS;
  while (context.inFlight.beganBefore(leftAt) && context.clock.nowNs() < giveUpAt) await delay(5);
}

/** As a Deployment does it with maxSurge 1 and maxUnavailable 0. */
async function rollout(kit: ProbeKit, target: string): Promise<void> {
  for (const old of targetsOf(kit.context, target)) {
    await Promise.all(newSpecs(kit, old.spec.model, 1).map((spec) => start(kit, spec, 0)));
    await remove(kit, old);
  }
}

/** Whoever watches pods hears of it first; what controls them starts another one, on another node if it can. */
async function evict(kit: ProbeKit, handle: EngineHandle): Promise<void> {
  const { fleet } = kit.context;
  await leaveInOrder(kit, handle);
  await fleet.evict(handle.spec.engine);
  await fleet.join(await fleet.start(handle.spec, { newAddress: true }));
}

async function drainNode(kit: ProbeKit, target: string): Promise<void> {
  const { lab, fleet, recorder, clock } = kit.context;
  const [first] = targetsOf(kit.context, target);
  const cordoned = await lab.cordonNodeOf?.(first?.spec.engine ?? "");
  if (cordoned === undefined) return;
  try {
    const detail = `node ${cordoned.node} cordoned; evicting ${cordoned.engines.join(", ")}`;
    recorder.record({ k: "mark", at: clock.nowNs(), name: "node.drain", detail });
    const members = cordoned.engines.flatMap((engine) => fleet.member(engine) ?? []);
    await Promise.all(members.map((handle) => evict(kit, handle)));
  } finally {
    await cordoned.uncordon();
  }
}

/** A crash: the process is gone, and whoever watches pods says so afterwards. */
async function kill({ context }: ProbeKit, { spec }: EngineHandle): Promise<void> {
  await context.fleet.stop(spec.engine, "kill", true);
  await context.fleet.leave(spec.engine);
}

/** In place, and nobody tells: same name, address and ports, an empty cache, sequence numbers from 0. */
async function restart(kit: ProbeKit, { spec }: EngineHandle, step: StepOf<"engine.restart">): Promise<void> {
  const { context } = kit;
  await context.fleet.stop(spec.engine, step.how);
  const last = lastSequence(context.lab.ledgerFiles(), spec.engine);
  const publishAtStart = step.overtake === "no" ? 0 : last + 1 + (step.overtake === "past" ? OVERTAKE_BY : 0);
  const handle = await context.fleet.restart(spec.engine, step.how, { publishAtStart });
  await learnPublished(kit, handle);
}

/** The pod moves: the same name at a new address; a registration under the same name replaces the old one. */
async function migrate(kit: ProbeKit, { spec }: EngineHandle, how: "graceful" | "kill"): Promise<void> {
  const { fleet } = kit.context;
  await fleet.stop(spec.engine, how, true);
  await fleet.join(await fleet.start(spec, { newAddress: true }));
}

/** A new pod gets the address and ports of one that is gone. */
async function replace(kit: ProbeKit, { spec }: EngineHandle, how: "graceful" | "kill"): Promise<void> {
  const { fleet } = kit.context;
  await fleet.stop(spec.engine, how);
  await fleet.leave(spec.engine);
  const successor = { ...spec, engine: fleet.nextName(spec.model), seed: spec.seed + 1 };
  await fleet.join(await fleet.start(successor, { reuseAddressOf: spec.engine }));
}

async function start(kit: ProbeKit, spec: EngineSpec, storeBeforeJoin: number): Promise<void> {
  const handle = await kit.context.fleet.start(spec);
  for (let i = 0; i < storeBeforeJoin; i++) {
    const stored = await kit.store(handle, kit.freshPrompt({ model: spec.model, adapter: null, salt: null }));
    kit.context.stored.add(stored);
  }
  await kit.context.fleet.join(handle);
  await learnPublished(kit, handle);
}

/** What an engine published by itself at its start is asked about like any other prompt. */
export async function learnPublished(kit: ProbeKit, handle: EngineHandle): Promise<void> {
  if (handle.direct.lab === null) return;
  const { engine, model } = handle.spec;
  const { published } = (await kit.context.lab.control(engine, "published")) as { published: { tokens: number[] }[] };
  for (const { tokens } of published)
    kit.context.recent.add(kit.context.prompts.add({ model, adapter: null, salt: null }, tokens));
}

function newSpecs(kit: ProbeKit, model: string, count: number): EngineSpec[] {
  const { plan, fleet } = kit.context;
  const template = plan.templates[model];
  if (template === undefined) return [];
  return Array.from({ length: count }, () => {
    const engine = fleet.nextName(model);
    return { ...template, engine, publishAtStart: 0, seed: kit.rng.int(1, 0x7fff_ffff) };
  });
}
