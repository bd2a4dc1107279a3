/** An engine's ports as consumers dial them: an address of its own, where the ports have the engine's numbers if they can. */
import type { EngineEndpoints } from "../../ports.js";
import { portOf } from "../ready-lines.js";
import type { GateSpec } from "./gate.js";
import type { LinkTarget } from "./link.js";
import type { RelayTalk } from "./relay-talk.js";

/** Stays for a pod's place, over its lives. `ports`: of the gates, in their order; none until the first life. */
export interface RelayedPlace {
  readonly address: string;
  readonly ports: readonly number[];
  /** The address is that of the relay for all engines: the system chooses ports, and the relay listens wherever it is reached. */
  readonly everywhere?: true;
}

/** Opens the gates to an engine that is ready; resolves with what consumers dial. */
export async function exposeThrough(
  relay: Pick<RelayTalk, "expose">,
  life: { readonly engine: string; readonly epoch: number; readonly direct: EngineEndpoints },
  place: RelayedPlace,
): Promise<{ readonly endpoints: EngineEndpoints; readonly place: RelayedPlace }> {
  const { engine, epoch, direct } = life;
  const gates = gatesOf(direct, place);
  const addresses = await relay.expose(engine, epoch, gates);
  const at = (spec: GateSpec["port"], rank: number): LinkTarget | undefined => {
    const found = addresses[gates.findIndex((gate) => gate.port === spec && gate.rank === rank)];
    return found && { ...found, host: place.address };
  };
  const endpoints: EngineEndpoints = {
    http: endpoint("http", at("http", 0)) ?? direct.http,
    lab: direct.lab,
    address: place.address,
    ranks: direct.ranks.map(({ rank, events, replay }) => ({
      rank,
      events: endpoint("tcp", at("events", rank)) ?? events,
      replay: replay === null ? null : (endpoint("tcp", at("replay", rank)) ?? replay),
    })),
  };
  return { endpoints, place: { ...place, ports: addresses.map(({ port }) => port) } };
}

function gatesOf(direct: EngineEndpoints, place: RelayedPlace): GateSpec[] {
  const targets: { port: GateSpec["port"]; rank: number; endpoint: string }[] = [
    { port: "http", rank: 0, endpoint: direct.http },
    ...direct.ranks.map(({ rank, events }) => ({ port: "events" as const, rank, endpoint: events })),
    ...direct.ranks.flatMap(({ rank, replay }) =>
      replay === null ? [] : [{ port: "replay" as const, rank, endpoint: replay }],
    ),
  ];
  // On an address of its own the engine's port numbers are free; on a shared one the system chooses.
  const separate = place.address !== direct.address && !place.everywhere;
  const host = place.everywhere ? "0.0.0.0" : place.address;
  return targets.map(({ port, rank, endpoint }, i) => {
    const own = portOf(endpoint);
    const listen = { host, port: place.ports[i] ?? (separate ? own : 0) };
    return { port, rank, listen, target: { host: direct.address, port: own } };
  });
}

function endpoint(scheme: string, target: LinkTarget | undefined): string | null {
  return target === undefined ? null : `${scheme}://${target.host}:${target.port}`;
}
