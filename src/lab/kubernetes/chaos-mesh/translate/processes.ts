/** Faults of processes → PodChaos: a container that is killed and comes back, a pod that is deleted, a pod that fails for a while. */
import { crashLoop } from "../../../faults/process/crash-loop.js";
import { kill } from "../../../faults/process/kill.js";
import type { Experiment } from "../manifest.js";
import { chosen, containerOf, type Place } from "./place.js";
import { refused, translated, translator } from "./translation.js";

/** What a pod gets that is deleted in order; Kubernetes' own default. */
const GRACE_S = 30;
/** Schedules and controllers of Chaos Mesh do not go faster. */
const LEAST_EVERY_MS = 1_000;

export const processTranslators = [
  translator(kill, ({ how, restart, victims, every }, place) => {
    const hit: Place = victims === "one" ? { ...place, choose: { mode: "one" } } : place;
    if (restart === "none") {
      const differs =
        how === "kill" ? ["the kubelet ends the container in order (SIGTERM), for its image is swapped"] : [];
      return translated([podFailure(hit)], differs);
    }
    if (restart === "in-place" && how === "graceful")
      return refused("Chaos Mesh ends containers by SIGKILL; what it ends in order is a whole pod (restart: replace)");
    const experiment = restart === "in-place" ? containerKill(hit) : podKill(hit, how);
    return { ...translated([experiment]), everyMs: every === undefined ? null : Math.max(LEAST_EVERY_MS, every) };
  }),
  translator(crashLoop, ({ uptime }, place) => ({
    experiments: [containerKill(place)],
    everyMs: Math.max(LEAST_EVERY_MS, uptime),
    differs: ["the pauses between starts are the kubelet's own back-off"],
  })),
];

function containerKill(place: Place): Experiment {
  const { targets } = place;
  return {
    kind: "PodChaos",
    oneShot: true,
    spec: { action: "container-kill", ...chosen(place, targets), containerNames: containerOf(targets) },
  };
}

function podKill(place: Place, how: "kill" | "graceful"): Experiment {
  const gracePeriod = how === "kill" ? 0 : GRACE_S;
  return {
    kind: "PodChaos",
    oneShot: true,
    spec: { action: "pod-kill", ...chosen(place, place.targets), gracePeriod },
  };
}

function podFailure(place: Place): Experiment {
  return { kind: "PodChaos", oneShot: false, spec: { action: "pod-failure", ...chosen(place, place.targets) } };
}
