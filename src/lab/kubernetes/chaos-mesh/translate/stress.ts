/** Strain on the machine → StressChaos in the containers of the run; a memory limit that is outgrown → the same with the engine as victim. */
import { cpu } from "../../../faults/host/cpu.js";
import { memory } from "../../../faults/host/memory.js";
import { oom } from "../../../faults/host/oom.js";
import type { Experiment } from "../manifest.js";
import { type ChaosPod, chosen, containerOf, groupedBy, type Place } from "./place.js";
import { refused, translated, translator } from "./translation.js";

/** Whom the kernel kills first when memory runs out: the stressor, or anybody but it. */
const STRESSOR_DIES = 1000;
const STRESSOR_LIVES = -1000;

const INSIDE = "it strains the containers of the run, inside their limits, not the whole machine";

export const stressTranslators = [
  translator(cpu, ({ workers, load }, place) => {
    const share = shareOf(workers, place.all);
    return translated(everywhere(place, { cpu: { workers: share, load } }), [INSIDE]);
  }),
  translator(memory, ({ megabytes }, place) => {
    const size = `${shareOf(megabytes, place.all)}MiB`;
    return translated(everywhere(place, { memory: { workers: 1, size, oomScoreAdj: STRESSOR_DIES } }), [INSIDE]);
  }),
  translator(oom, ({ megabytes }, place) => {
    const groups = groupedBy(place.targets, ({ memoryLimitMiB }) => memoryLimitMiB);
    const experiments = groups.flatMap(([limit, pods]) => {
      if (limit === null) return [];
      const size = `${limit + megabytes}MiB`;
      return [stress(place, pods, { memory: { workers: 1, size, oomScoreAdj: STRESSOR_LIVES } })];
    });
    return experiments.length < groups.length
      ? refused("a container without a memory limit cannot outgrow it")
      : translated(experiments, ["the limit is that of the container; another process in it takes the memory"]);
  }),
];

/** In all pods of the run. */
function everywhere(place: Place, stressors: object): Experiment[] {
  const groups = groupedBy(place.all, ({ container }) => container);
  return groups.map(([, pods]) => stress({ ...place, choose: { mode: "all" } }, pods, stressors));
}

function stress(place: Place, pods: readonly ChaosPod[], stressors: object): Experiment {
  return {
    kind: "StressChaos",
    oneShot: false,
    spec: { ...chosen(place, pods), containerNames: containerOf(pods), stressors },
  };
}

/** The scenario's amount, spread over the containers. */
function shareOf(amount: number, pods: readonly ChaosPod[]): number {
  return Math.ceil(amount / Math.max(1, pods.length));
}
