/** Ports of an engine in its pod: the same in every pod, since each has an address of its own. */
import type { PodPlace } from "../../local/engine-arguments.js";
import type { EngineEndpoints, EngineSpec } from "../../ports.js";

export const ENGINE_PORTS = { http: 8000, lab: 8100, events: 5557, replay: 5657 } as const;

/** Port-forward dials the pod's loopback address, consumers its own: it listens on both. */
export const EVERYWHERE = "0.0.0.0";

export const POD_PLACE: PodPlace = {
  address: EVERYWHERE,
  httpPort: ENGINE_PORTS.http,
  labPort: ENGINE_PORTS.lab,
  eventsPort: ENGINE_PORTS.events,
  replayPort: ENGINE_PORTS.replay,
  relayed: null,
};

/** As other pods dial it. */
export function endpointsAt(address: string, { events, replay, ranks }: EngineSpec): EngineEndpoints {
  const { http, lab, events: first, replay: firstReplay } = ENGINE_PORTS;
  const numbers = Array.from({ length: events ? ranks : 0 }, (_, rank) => rank);
  return {
    http: `http://${address}:${http}`,
    lab: `http://${address}:${lab}`,
    address,
    ranks: numbers.map((rank) => ({
      rank,
      events: `tcp://${address}:${first + rank}`,
      replay: replay ? `tcp://${address}:${firstReplay + rank}` : null,
    })),
  };
}
