/** Wrong clocks → TimeChaos, which adds a fixed time to CLOCK_REALTIME of a container's processes. It knows neither rate nor standstill. */
import { offset } from "../../../faults/clock/offset.js";
import { step } from "../../../faults/clock/step.js";
import type { Experiment } from "../manifest.js";
import { type ChaosPod, containersOf, selectorOf } from "./place.js";
import { translated, translator } from "./translation.js";

const WHOLE_CLOCK = "the whole wall clock of the process is off, not only the time stamps of its events";

export const clockTranslators = [
  translator(offset, ({ by, direction }, { namespace, targets }) => {
    const ahead = targets.filter((_, i) => direction === "ahead" || (direction === "alternate" && i % 2 === 0));
    const behind = targets.filter((pod) => !ahead.includes(pod));
    return translated([...shifted(namespace, ahead, by), ...shifted(namespace, behind, -by)], [WHOLE_CLOCK]);
  }),
  translator(step, ({ back }, { namespace, targets }) => translated(shifted(namespace, targets, -back), [WHOLE_CLOCK])),
];

function shifted(namespace: string, pods: readonly ChaosPod[], byMs: number): Experiment[] {
  if (pods.length === 0) return [];
  return [
    {
      kind: "TimeChaos",
      oneShot: false,
      spec: {
        mode: "all",
        selector: selectorOf(namespace, pods),
        containerNames: containersOf(pods),
        timeOffset: `${byMs}ms`,
        clockIds: ["CLOCK_REALTIME"],
      },
    },
  ];
}
