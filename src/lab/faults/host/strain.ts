/** Faults of the host are strains of the lab's machine, as they are: begun, seen, ended, gone. */
import { InternalError } from "../../../base/errors.js";
import type { HostPort, HostStrain } from "../../host.js";
import type { ActiveFault, FaultWorld } from "../fault.js";

export function hostOf({ lab }: FaultWorld): HostPort {
  if (lab.host === null) throw new InternalError(`the ${lab.kind} lab has no host, although it claims to`);
  return lab.host;
}

export async function strainAsFault(strain: Promise<HostStrain>): Promise<ActiveFault> {
  const begun = await strain;
  return {
    effect: () => begun.seen(),
    recover: () => begun.end(),
    recovered: () => begun.gone(),
  };
}
