/** What runs in the gateway's place on this machine: our gateway, or another system under test. */
import type { ResourceRecord } from "../../judge/history/records.js";
import type { GatewayHandle, GatewaySpec } from "../ports.js";
import type { PodContext } from "./engine-pod.js";
import { type GatewayPlace, GatewayProcess } from "./gateway-process.js";
import { HttpProcess } from "./http-process.js";
import { RunningSystem } from "./running-system.js";
import { StdioProcess } from "./stdio-process.js";

export interface SutProcess {
  /** Where it can be reached; a restart keeps it. */
  readonly place: GatewayPlace;
  /** Resolves once it can be asked; rejects, with nothing left running, when it does not come up. */
  ready(): Promise<GatewayHandle>;
  /** The process is gone when this resolves. */
  stop(how: "graceful" | "kill"): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Without ceremony, for the end of the run. */
  signal(signal: NodeJS.Signals): void;
  readonly exited: Promise<unknown>;
  usage(): ResourceRecord | null;
}

export function sutProcess(context: PodContext, spec: GatewaySpec, place: GatewayPlace): SutProcess {
  const { launch } = spec;
  if (launch === undefined) return new GatewayProcess(context, spec, place);
  if (launch.kind === "stdio") return new StdioProcess(context, launch, place);
  return launch.command === undefined
    ? new RunningSystem(launch.url, place)
    : new HttpProcess(context, { ...launch, command: launch.command }, place);
}
