/** Everything that the cluster knows of a failed run, into `cluster/` of its run directory, before it is deleted. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { stringify } from "yaml";
import { mapLimit } from "../../../base/async.js";
import type { KubeApi } from "../cluster/kube-api.js";
import { withoutSecrets } from "./without-secrets.js";

const READS_AT_ONCE = 8;
/** Logs of more pods than this say the same again. */
const MAX_PODS_WITH_LOGS = 60;

export async function gather(api: KubeApi, namespace: string, runDir: string): Promise<void> {
  const dir = join(runDir, "cluster");
  mkdirSync(join(dir, "logs"), { recursive: true });
  const { items: pods } = await api.pods(namespace);
  writeFileSync(join(dir, "pods.yaml"), stringify(pods.map(withoutSecrets)));
  writeFileSync(join(dir, "events.txt"), eventLines(await api.events(namespace)).join(""));
  writeFileSync(join(dir, "nodes.yaml"), stringify((await api.nodes().catch(() => [])).map(({ status }) => status)));
  await mapLimit(pods.slice(0, MAX_PODS_WITH_LOGS), READS_AT_ONCE, (pod) => saveLogs(api, pod, join(dir, "logs")));
}

async function saveLogs(api: KubeApi, { metadata, status }: V1Pod, dir: string): Promise<void> {
  const { namespace = "", name = "" } = metadata ?? {};
  for (const { name: container, restartCount } of status?.containerStatuses ?? []) {
    for (const previous of restartCount > 0 ? [false, true] : [false]) {
      const text = await api.podLog(namespace, name, container, previous).catch(String);
      if (text !== "") writeFileSync(join(dir, `${name}.${container}${previous ? ".previous" : ""}.log`), text);
    }
  }
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  const times = [lastTimestamp, eventTime, firstTimestamp, metadata.creationTimestamp].map((time) =>
    Number(time ?? NaN),
  );
  return times.find((time) => !Number.isNaN(time)) ?? 0;
}

/** In the order in which they happened. */
export function eventLines(events: readonly CoreV1Event[]): string[] {
  const timed = events.map((event) => ({ event, at: timeOf(event) }));
  return timed
    .toSorted((a, b) => a.at - b.at)
    .map(({ event, at }) => {
      const { type, reason, message, count, involvedObject } = event;
      const times = count !== undefined && count > 1 ? ` (${count} times)` : "";
      return `${new Date(at).toISOString()} ${type} ${involvedObject.kind}/${involvedObject.name} ${reason}: ${message}${times}\n`;
    });
}
