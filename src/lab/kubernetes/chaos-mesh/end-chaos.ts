/** Takes away the chaos objects of a namespace before the namespace goes: with its pods gone, a finalizer could wait for ever. */
import { CustomObjectsApi } from "@kubernetes/client-node";
import { waitFor, withTimeout } from "../../../base/async.js";
import { asError } from "../../../base/errors.js";
import { clusterError, statusOf } from "../cluster/api-error.js";
import type { KubeApi } from "../cluster/kube-api.js";
import { ChaosClient } from "./chaos-client.js";
import { FORCE } from "./experiment-life.js";
import { CHAOS_GROUP, CHAOS_KINDS, CHAOS_VERSION, type ChaosKind, pluralOf } from "./manifest.js";

const CALL_MS = 15_000;
const GONE_MS = 12_000;
const FORCED_MS = 8_000;
const LOOK_MS = 250;

/** One line per object. Rejects when one does not go even by force. A cluster without Chaos Mesh has none. */
export async function endChaos(api: KubeApi, namespace: string): Promise<readonly string[]> {
  const client = new ChaosClient(api, namespace);
  const told: string[] = [];
  for (const kind of CHAOS_KINDS) {
    const names = await namesOf(api, namespace, kind);
    for (const name of names) await client.remove(kind, name);
    const gone = (timeoutMs: number): Promise<unknown> =>
      waitFor(async () => (await namesOf(api, namespace, kind)).length === 0, {
        describe: `${kind} of ${namespace} to be gone`,
        timeoutMs,
        intervalMs: LOOK_MS,
        code: "KVP_E_CHAOS_MESH",
      });
    if (names.length === 0) continue;
    const forced = await gone(GONE_MS).then(
      () => "",
      (thrown: unknown) => `, by force: ${asError(thrown).message}`,
    );
    if (forced !== "") {
      for (const name of await namesOf(api, namespace, kind)) await client.annotate(kind, name, FORCE);
      await gone(FORCED_MS);
    }
    told.push(...names.map((name) => `${kind} ${namespace}/${name}${forced}`));
  }
  return told;
}

async function namesOf({ config }: KubeApi, namespace: string, kind: ChaosKind): Promise<string[]> {
  const place = { group: CHAOS_GROUP, version: CHAOS_VERSION, namespace, plural: pluralOf(kind) };
  try {
    const listing = config.makeApiClient(CustomObjectsApi).listNamespacedCustomObject(place);
    const list = await withTimeout(listing, CALL_MS, `the API server to list ${kind}`);
    return (list as { items: { metadata: { name: string } }[] }).items.map(({ metadata }) => metadata.name);
  } catch (thrown) {
    // Not installed, or not to be seen by this user, who then cannot have made any.
    if (statusOf(thrown) === 404 || statusOf(thrown) === 403) return [];
    throw clusterError(`list ${kind} of ${namespace}`, thrown);
  }
}
