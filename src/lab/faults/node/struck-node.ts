/** Which node a fault strikes, and with it whom. */
import { InternalError, UsageError } from "../../../base/errors.js";
import type { NodePort } from "../../nodes.js";
import type { EngineSpec } from "../../ports.js";
import type { FaultWorld } from "../fault.js";
import { answersInTime, named, STALL_MS } from "../watching.js";

export interface StruckNode {
  readonly node: string;
  readonly engines: readonly string[];
  readonly gateway: boolean;
}

export function nodesOf({ lab }: Pick<FaultWorld, "lab">): NodePort {
  if (!lab.nodes) throw new InternalError(`the ${lab.kind} lab breaks no nodes, although it claims to`);
  return lab.nodes;
}

/** The gateway's, or the first of the targets' nodes that the gateway does not run on. */
export function struckNode(world: FaultWorld): StruckNode {
  const nodes = nodesOf(world);
  const home = nodes.nodeOf("gateway");
  const aims = world.engines.flatMap(({ spec }) => nodes.nodeOf(spec.engine) ?? []);
  const node = world.target === "gateway" ? home : aims.find((one) => one !== home);
  if (node === undefined)
    throw new UsageError(
      "KVP_E_SCENARIO_IMPOSSIBLE",
      `${world.target} runs on ${named([...new Set(aims)]) || "no node"}, where the gateway runs, too: it takes more nodes or engines`,
    );
  const residents = nodes.residents(node);
  return { node, engines: residents.filter((name) => name !== "gateway"), gateway: residents.includes("gateway") };
}

/** Whom it strikes, as fault windows name them. */
export function touchedBy(world: FaultWorld): readonly string[] {
  const { engines, gateway } = struckNode(world);
  return [...(gateway ? ["gateway"] : []), ...engines.map((engine) => `engines/${engine}`)];
}

export function reasonAgainst(engines: readonly EngineSpec[]): string | null {
  const real = engines.find(({ vllm }) => vllm !== undefined);
  return real === undefined
    ? null
    : `what ${real.engine} did last is known to nobody once its node is away: it is a real vLLM`;
}

/** Those on the node that answer at this moment. `urls`: /health of its engines, as they were. */
export async function answering(
  world: FaultWorld,
  { gateway }: StruckNode,
  urls: ReadonlyMap<string, string>,
  withinMs = STALL_MS,
): Promise<string[]> {
  const engines = [...urls].map(async ([engine, url]) => ((await answersInTime(url, withinMs)) ? [engine] : []));
  const router = gateway ? [world.orchestrator.gatewayAnswers(withinMs).then((yes) => (yes ? ["gateway"] : []))] : [];
  return (await Promise.all([...engines, ...router])).flat();
}

export function healthUrls({ lab }: FaultWorld, engines: readonly string[]): Map<string, string> {
  const wanted = new Set(engines);
  return new Map(
    lab.engines().flatMap(({ spec, direct }) => (wanted.has(spec.engine) ? [[spec.engine, direct.http] as const] : [])),
  );
}
