/** Everything that the cluster knows of a failed run, into `cluster/` of its run directory, before it is deleted. */
import { join } from "node:path";
import type { V1Pod } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { mapLimit } from "../../../base/async.js";
import type { ChaosObject } from "../chaos-mesh/chaos-object.js";
import { KubeApi } from "../cluster/kube-api.js";
import { describePod, lastEnd } from "../pods/pod-state.js";
import { Collection, COLLECTION_LIMITS, type CollectionLimits } from "./collection.js";
import { eventLines } from "./event-lines.js";
import { fromPod } from "./from-pods.js";
import type { OwnedObject } from "./owned-objects.js";
import { withoutSecrets } from "./without-secrets.js";

export interface Gathered {
  readonly namespace: string;
  /** Run directory. */
  readonly runDir: string;
  /** Tokens of the lab: written nowhere. */
  readonly secrets: readonly string[];
  /** Chaos objects as they were last seen, also those that are gone. */
  readonly chaosObjects: readonly ChaosObject[];
  /** Made by the lab beside pods. */
  readonly owned: readonly OwnedObject[];
  readonly limits?: CollectionLimits;
}

const READS_AT_ONCE = 8;
/** More pods than this say the same again. */
const MAX_PODS = 60;
/** Of each container's log, its end. */
const LOG_LINES = 20_000;
const PATIENCE_MS = 2_000;
/** Never rejects: what could not be had is in `cluster/not-collected.txt`. */
export async function gather({ config }: KubeApi, asked: Gathered): Promise<void> {
  const { namespace, runDir, secrets, chaosObjects, owned, limits = COLLECTION_LIMITS } = asked;
  const api = new KubeApi(config, PATIENCE_MS);
  const to = new Collection(join(runDir, "cluster"), secrets, limits);
  for (const object of chaosObjects) {
    const { kind = "Chaos" } = object as { kind?: string };
    to.write(`chaos/${kind}-${object.metadata.name}.yaml`, stringify(object));
  }
  const pods = (await to.piece("pods", () => api.pods(namespace)))?.items ?? [];
  to.write("pods.yaml", pods.length === 0 ? "" : stringify(pods.map(withoutSecrets)));
  to.write("pods.txt", pods.map(describeInWords).join(""));
  const events = await to.piece("events", () => api.events(namespace));
  to.write("events.txt", eventLines(events ?? []).join(""));
  const nodes = await to.piece("nodes", () => api.nodes());
  to.write(
    "nodes.yaml",
    nodes === null ? "" : stringify(nodes.map(({ metadata, status }) => ({ name: metadata?.name, status }))),
  );
  await mapLimit(pods.slice(0, MAX_PODS), READS_AT_ONCE, async (pod) => {
    await saveLogs(api, pod, to);
    await fromPod(api, pod, to);
  });
  for (const object of owned) {
    const found = await to.piece(`${object.kind} ${object.name}`, () => api.read(object, namespace));
    to.write(`objects/${object.kind}-${object.name}.yaml`, found === null ? "" : stringify(found));
  }
}

function describeInWords(pod: V1Pod): string {
  const containers = pod.status?.containerStatuses ?? [];
  const ends = containers.flatMap(({ name }) => {
    const end = lastEnd(pod, name);
    return end === null ? [] : [`; ${name} ended last with ${end}`];
  });
  return `${pod.metadata?.name}: ${describePod(pod)}${ends.join("")}\n`;
}

async function saveLogs(api: KubeApi, { metadata, status }: V1Pod, to: Collection): Promise<void> {
  const { namespace = "", name = "" } = metadata ?? {};
  for (const { name: container, restartCount } of status?.containerStatuses ?? []) {
    for (const previous of restartCount > 0 ? [false, true] : [false]) {
      const file = `${name}.${container}${previous ? ".previous" : ""}.log`;
      const text = await to.piece(`log ${file}`, () =>
        api.podLog(namespace, name, { container, previous, lines: LOG_LINES }),
      );
      to.write(`logs/${file}`, text ?? "");
    }
  }
}
