/** A volume without space → IOChaos: writing calls on that volume end with ENOSPC. */
import { diskFull } from "../../../faults/host/disk-full.js";
import type { Experiment } from "../manifest.js";
import { chosen, containerOf, groupedBy } from "./place.js";
import { refused, translated, translator } from "./translation.js";

const ENOSPC = 28;

export const diskTranslators = [
  translator(diskFull, (_parameters, place) => {
    const { targets, aim } = place;
    const groups = groupedBy(targets, ({ volumePath }) => volumePath);
    if (groups.some(([path]) => path === null))
      return refused(`the ${aim === "gateway" ? "gateway" : "engine"} has no volume: there is nothing to inject into`);
    const experiments = groups.map(([volumePath, pods]): Experiment => {
      return {
        kind: "IOChaos",
        oneShot: false,
        spec: {
          action: "fault",
          ...chosen(place, pods),
          containerNames: containerOf(pods),
          volumePath: String(volumePath),
          path: `${volumePath}/**/*`,
          errno: ENOSPC,
          percent: 100,
          methods: ["write", "create"],
        },
      };
    });
    return translated(experiments);
  }),
];
