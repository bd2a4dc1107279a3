/** Wrong clocks → TimeChaos, which adds a fixed time to CLOCK_REALTIME of a container's processes. It knows neither rate nor standstill. */
import { offset } from "../../../faults/clock/offset.js";
import { step } from "../../../faults/clock/step.js";
import type { Experiment } from "../manifest.js";
import { areToldApart, type ChaosPod, chosen, containerOf, type Place } from "./place.js";
import { refused, translated, translator } from "./translation.js";

const WHOLE_CLOCK = "the whole wall clock of the process is off, not only the time stamps of its events";

export const clockTranslators = [
  translator(offset, ({ by, direction }, place) => {
    const { targets } = place;
    if (direction === "alternate" && !areToldApart(targets))
      return refused("the pods' labels do not tell them apart, so that every other one cannot be chosen");
    const ahead = targets.filter((_, i) => direction === "ahead" || (direction === "alternate" && i % 2 === 0));
    const behind = targets.filter((pod) => !ahead.includes(pod));
    return translated([...shifted(place, ahead, by), ...shifted(place, behind, -by)], [WHOLE_CLOCK]);
  }),
  translator(step, ({ back }, place) => translated(shifted(place, place.targets, -back), [WHOLE_CLOCK])),
];

function shifted(place: Place, pods: readonly ChaosPod[], byMs: number): Experiment[] {
  if (pods.length === 0) return [];
  const clock = { timeOffset: `${byMs}ms`, clockIds: ["CLOCK_REALTIME"] };
  return [
    {
      kind: "TimeChaos",
      oneShot: false,
      spec: { ...chosen(place, pods), containerNames: containerOf(pods), ...clock },
    },
  ];
}
