/** What a run with Chaos Mesh can suffer, known before there is a cluster. */
import type { InjectorRules } from "../../faults/injector.js";
import type { ChaosPod, Place } from "./translate/place.js";
import { kindRefusal, translate } from "./translate/translate.js";

/** The lab ends and starts processes by itself, so that it knows whose life ended; it has Chaos Mesh kill the containers ({@link ./killer.ts}). */
export function byOwnMeans(kind: string): boolean {
  return kind === "process.kill" || kind === "process.crash-loop";
}

/** Any pod of the lab: named, with a volume and a limit. */
const engine: ChaosPod = {
  ref: { by: "name", name: "engine" },
  container: "engine",
  volumePath: "/state",
  memoryLimitMiB: 1,
};
const gateway: ChaosPod = {
  ref: { by: "name", name: "gateway" },
  container: "gateway",
  volumePath: null,
  memoryLimitMiB: 1,
};

export const chaosMeshRules: InjectorRules = {
  name: "Chaos Mesh",
  refuses({ kind, parameters, target }) {
    const never = kindRefusal(kind);
    if (never !== null) return never;
    const { how } = parameters as { how?: string };
    if (byOwnMeans(kind)) return how === "graceful" ? "Chaos Mesh ends containers by SIGKILL, never in order" : null;
    const aim: Place["aim"] = target === "gateway" || target === "host" ? target : "engines";
    const targets = { engines: [engine], gateway: [gateway], host: [] }[aim];
    const all = [engine, gateway];
    const place: Place = { namespace: "x", aim, targets, consumers: [gateway], all, choose: { mode: "all" } };
    const translation = translate(kind, parameters, place);
    return "refused" in translation ? translation.refused : null;
  },
};
