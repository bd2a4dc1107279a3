/** What the faults of event messages have in common: aimed at engines that publish, seen in messages that were hit. */
import type { StreamDisturbance } from "../../links.js";
import type { EngineHandle } from "../../ports.js";
import { disturb } from "../disturbed-links.js";
import type { ActiveFault, FaultWorld } from "../fault.js";

/** `done` completes "12 of 340 messages …". */
export function disturbMessages(
  world: FaultWorld,
  kind: string,
  disturbance: StreamDisturbance,
  done: string,
): Promise<ActiveFault> {
  return disturb(world, {
    kind,
    disturbance,
    ports: ["events", "replay"],
    bitesOn: "any",
    bites: ({ messages, edited }) => (edited === 0 ? null : `${edited} of ${messages} messages ${done}`),
  });
}

/** The same for replies of the replay port. */
export function disturbReplies(
  world: FaultWorld,
  kind: string,
  disturbance: StreamDisturbance,
  done: string,
): Promise<ActiveFault> {
  return disturb(world, {
    kind,
    disturbance,
    ports: ["replay"],
    bitesOn: "any",
    bites: ({ messages, edited, worstDelayMs }) =>
      edited === 0
        ? null
        : `${edited} of ${messages} replies ${done}${worstDelayMs >= 1 ? `, late by up to ${Math.round(worstDelayMs)} ms` : ""}`,
  });
}

export function needsEvents(_parameters: object, engines: readonly EngineHandle["spec"][]): string | null {
  const silent = engines.find(({ events }) => !events);
  return silent === undefined ? null : `${silent.engine} publishes nothing`;
}

export function needsReplay(_parameters: object, engines: readonly EngineHandle["spec"][]): string | null {
  const without = engines.find(({ events, replay }) => !events || !replay);
  return without === undefined ? null : `${without.engine} offers no replay`;
}
