/** What processes in pods tell of themselves at the end: metrics, the gateway's index and engines as it sees them, ledgers as they lie there. */
import type { V1Pod } from "@kubernetes/client-node";
import { request } from "undici";
import type { KubeApi } from "../cluster/kube-api.js";
import { PodForward } from "../cluster/pod-forward.js";
import { runInPod } from "../cluster/run-in-pod.js";
import { LABEL } from "../labels.js";
import { KEEPER, STATE_FOLDER } from "../manifests/lab-pod.js";
import { ENGINE_PORTS } from "../pods/engine-ports.js";
import { isReady } from "../pods/pod-state.js";
import type { Collection } from "./collection.js";

interface Pages {
  readonly port: number;
  /** Path → file that it goes to, after the pod's name. */
  readonly paths: Readonly<Record<string, string>>;
}

const GATEWAY_PORT = 8080;
const PAGES: Readonly<Record<string, Pages>> = {
  gateway: {
    port: GATEWAY_PORT,
    paths: { "/metrics": "metrics.txt", "/dump": "index.json", "/workers": "workers.json" },
  },
  engine: { port: ENGINE_PORTS.http, paths: { "/metrics": "metrics.txt" } },
};
const ANSWER_MS = 5_000;
/** Of one ledger, its end. */
const LEDGER_BYTES = 1024 * 1024;
const LEDGERS = `cd ${STATE_FOLDER} && for f in *.ndjson; do
  [ -e "$f" ] && { printf '# %s\\n' "$f"; tail -c "$1" "$f"; }
done
true`;

export async function fromPod(api: KubeApi, pod: V1Pod, to: Collection): Promise<void> {
  const { namespace = "", name = "", labels } = pod.metadata ?? {};
  const pages = PAGES[labels?.[LABEL.role] ?? ""];
  if (pages !== undefined) await readPages(api, pod, pages, to);
  if (labels?.[LABEL.role] !== "engine" || !pod.spec?.containers.some((one) => one.name === KEEPER)) return;
  const script = { namespace, pod: name, container: KEEPER, script: LEDGERS, args: [String(LEDGER_BYTES)] };
  const ledgers = await to.piece(`ledgers of ${name}`, () => runInPod(api.config, script));
  to.write(`ledgers/${name}.ndjson`, ledgers?.toString("utf8") ?? "");
}

async function readPages(api: KubeApi, pod: V1Pod, { port, paths }: Pages, to: Collection): Promise<void> {
  const { namespace = "", name = "" } = pod.metadata ?? {};
  const forward = new PodForward(api.config, { namespace, pod: name, port });
  try {
    for (const [path, file] of Object.entries(paths)) {
      const text = await to.piece(`${path} of ${name}`, async () => {
        if (!isReady(pod)) throw new Error("the pod is not ready");
        return page(`http://127.0.0.1:${await forward.listening}${path}`);
      });
      to.write(`${path === "/metrics" ? "metrics" : "index"}/${name}.${file}`, text ?? "");
    }
  } finally {
    forward.close();
  }
}

async function page(url: string): Promise<string> {
  const { statusCode, body } = await request(url, { headersTimeout: ANSWER_MS, bodyTimeout: ANSWER_MS });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`it answered ${statusCode}`);
  return text;
}
