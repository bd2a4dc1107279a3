/** Faults of processes → PodChaos: a container that is killed and comes back, a pod that is deleted, a pod that fails for a while. */
import { crashLoop } from "../../../faults/process/crash-loop.js";
import { kill } from "../../../faults/process/kill.js";
import type { Experiment } from "../manifest.js";
import { type Place, containersOf, selectorOf } from "./place.js";
import { refused, translated, translator } from "./translation.js";

/** What a pod gets that is deleted in order; Kubernetes' own default. */
const GRACE_S = 30;
/** Schedules and controllers of Chaos Mesh do not go faster. */
const LEAST_EVERY_MS = 1_000;

export const processTranslators = [
  translator(kill, ({ how, restart, victims, every }, place) => {
    const mode = victims === "one" ? "one" : "all";
    if (restart === "none") {
      const differs =
        how === "kill" ? ["the kubelet ends the container in order (SIGTERM), for its image is swapped"] : [];
      return translated([podFailure(place, mode)], differs);
    }
    if (restart === "in-place" && how === "graceful")
      return refused("Chaos Mesh ends containers by SIGKILL; what it ends in order is a whole pod (restart: replace)");
    const experiment = restart === "in-place" ? containerKill(place, mode) : podKill(place, mode, how);
    return { ...translated([experiment]), everyMs: every === undefined ? null : Math.max(LEAST_EVERY_MS, every) };
  }),
  translator(crashLoop, ({ uptime }, place) => ({
    experiments: [containerKill(place, "all")],
    everyMs: Math.max(LEAST_EVERY_MS, uptime),
    differs: ["the pauses between starts are the kubelet's own back-off"],
  })),
];

function containerKill(place: Place, mode: "all" | "one"): Experiment {
  const { namespace, targets } = place;
  return {
    kind: "PodChaos",
    oneShot: true,
    spec: {
      action: "container-kill",
      mode,
      selector: selectorOf(namespace, targets),
      containerNames: containersOf(targets),
    },
  };
}

function podKill({ namespace, targets }: Place, mode: "all" | "one", how: "kill" | "graceful"): Experiment {
  const gracePeriod = how === "kill" ? 0 : GRACE_S;
  const selector = selectorOf(namespace, targets);
  return { kind: "PodChaos", oneShot: true, spec: { action: "pod-kill", mode, selector, gracePeriod } };
}

function podFailure({ namespace, targets }: Place, mode: "all" | "one"): Experiment {
  const selector = selectorOf(namespace, targets);
  return { kind: "PodChaos", oneShot: false, spec: { action: "pod-failure", mode, selector } };
}
