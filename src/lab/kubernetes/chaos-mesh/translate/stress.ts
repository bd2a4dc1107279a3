/** Strain on the machine → StressChaos in the containers of the run; a memory limit that is outgrown → the same with the engine as victim. */
import { cpu } from "../../../faults/host/cpu.js";
import { memory } from "../../../faults/host/memory.js";
import { oom } from "../../../faults/host/oom.js";
import type { Experiment } from "../manifest.js";
import { type ChaosPod, containersOf, groupedBy, selectorOf } from "./place.js";
import { refused, translated, translator } from "./translation.js";

/** Whom the kernel kills first when memory runs out: the stressor, or anybody but it. */
const STRESSOR_DIES = 1000;
const STRESSOR_LIVES = -1000;

const INSIDE = "it strains the containers of the run, inside their limits, not the whole machine";

export const stressTranslators = [
  translator(cpu, ({ workers, load }, { namespace, all }) =>
    translated([stress(namespace, all, { cpu: { workers: shareOf(workers, all), load } })], [INSIDE]),
  ),
  translator(memory, ({ megabytes }, { namespace, all }) => {
    const size = `${shareOf(megabytes, all)}MiB`;
    return translated([stress(namespace, all, { memory: { workers: 1, size, oomScoreAdj: STRESSOR_DIES } })], [INSIDE]);
  }),
  translator(oom, ({ megabytes }, { namespace, targets }) => {
    const groups = groupedBy(targets, ({ memoryLimitMiB }) => memoryLimitMiB);
    const experiments = groups.flatMap(([limit, pods]) => {
      if (limit === null) return [];
      const size = `${limit + megabytes}MiB`;
      return [stress(namespace, pods, { memory: { workers: 1, size, oomScoreAdj: STRESSOR_LIVES } })];
    });
    return experiments.length < groups.length
      ? refused("a container without a memory limit cannot outgrow it")
      : translated(experiments, ["the limit is that of the container; another process in it takes the memory"]);
  }),
];

function stress(namespace: string, pods: readonly ChaosPod[], stressors: object): Experiment {
  const selector = selectorOf(namespace, pods);
  return {
    kind: "StressChaos",
    oneShot: false,
    spec: { mode: "all", selector, containerNames: containersOf(pods), stressors },
  };
}

/** The scenario's amount, spread over the containers. */
function shareOf(amount: number, pods: readonly ChaosPod[]): number {
  return Math.ceil(amount / Math.max(1, pods.length));
}
