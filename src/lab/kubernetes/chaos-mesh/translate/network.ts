/** Faults of links → NetworkChaos between the pods of engines and those that follow them. It knows packets and pods, not ports. */
import { bandwidth } from "../../../faults/link/bandwidth.js";
import { delay } from "../../../faults/link/delay.js";
import { loss } from "../../../faults/link/loss.js";
import { partition } from "../../../faults/link/partition.js";
import { LINK_PORTS, type LinkDirection, type LinkPortName } from "../../../links.js";
import type { Experiment } from "../manifest.js";
import { chosen, type Place, selectorOf } from "./place.js";
import { type Translation, refused, translated, translator } from "./translation.js";

const BITS_PER_KBIT = 1000;
const BITS_PER_BYTE = 8;
/** What may queue behind the rate: more than socket buffers hold, so that nothing is dropped. */
const QUEUE_BYTES = 20 * 1024 * 1024;
/** A token bucket must hold what passes between two ticks of the kernel's clock (100 Hz at worst), and several packets. */
const TICKS_PER_S = 100;
const MIN_BURST_BYTES = 10_000;
/** Beyond every link there is. */
const MAX_BITS_PER_S = 1e12;

/** From the engines' point of view, which are the selected pods. */
const DIRECTIONS: Readonly<Record<"both" | LinkDirection, "both" | "to" | "from">> = {
  both: "both",
  "to-gateway": "to",
  "to-engine": "from",
};

export const networkTranslators = [
  translator(partition, ({ how, direction, ports }, place) => {
    if (how === "reset") return refused("Chaos Mesh drops packets; it resets no connections");
    return onLinks(place, ports, "partition", direction, {});
  }),
  translator(delay, ({ latency, jitter, direction, ports }, place) =>
    onLinks(place, ports, "delay", direction, {
      delay: { latency: `${latency}ms`, ...(jitter > 0 ? { jitter: `${jitter}ms` } : {}) },
    }),
  ),
  translator(loss, ({ percent, backend, ports }, place) => {
    if (backend !== "auto")
      return refused(`Chaos Mesh loses packets in the kernel of the pod; backend: ${backend} is local`);
    return onLinks(place, ports, "loss", "both", { loss: { loss: percentage(percent) } });
  }),
  translator(bandwidth, ({ rate_kbit_per_s: kbit, ports }, place) => {
    const bitsPerS = Math.min(MAX_BITS_PER_S, Math.max(1, Math.round(kbit * BITS_PER_KBIT)));
    const buffer = Math.max(MIN_BURST_BYTES, Math.ceil(bitsPerS / BITS_PER_BYTE / TICKS_PER_S));
    const shaped = { bandwidth: { rate: `${bitsPerS}bit`, limit: QUEUE_BYTES, buffer } };
    return onLinks(place, ports, "bandwidth", "both", shaped, [
      "the rate is that of a pod and direction, shared by all its connections",
    ]);
  }),
];

function onLinks(
  place: Place,
  ports: readonly LinkPortName[],
  action: string,
  direction: "both" | LinkDirection,
  detail: object,
  differs: readonly string[] = [],
): Translation {
  const spared = LINK_PORTS.filter((port) => !ports.includes(port));
  if (spared.length > 0) return refused(`Chaos Mesh disturbs whole pods; it cannot spare ${spared.join(" and ")}`);
  const experiment: Experiment = {
    kind: "NetworkChaos",
    oneShot: false,
    spec: {
      action,
      direction: DIRECTIONS[direction],
      ...chosen(place, place.targets),
      target: { mode: "all", selector: selectorOf(place.namespace, place.consumers) },
      ...detail,
    },
  };
  return translated([experiment], differs);
}

/** Percentages are strings there, without exponents. */
function percentage(percent: number): string {
  return String(Number(Math.max(0.001, percent).toFixed(3)));
}
