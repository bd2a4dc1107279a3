/** Opens local labs whose engines live in a network namespace: links can be broken for real, by the kernel. */
import { type Clock, systemClock } from "../../../base/clock.js";
import { UnavailableError } from "../../../base/errors.js";
import { type Machine, thisMachine } from "../host/machine.js";
import { LocalLabFactory } from "../local-lab-factory.js";

/** Of the families that break links and streams. */
const RULED_FAULTS = ["link.loss", "link.partition", "link.refuse"];

export class NetnsLabFactory extends LocalLabFactory {
  override readonly kind = "netns";

  /** Throws UnavailableError KVP_E_HOST with what this machine lacks. */
  constructor(dialects: readonly string[], clock: Clock = systemClock, machine: Machine = thisMachine()) {
    super(dialects, clock, undefined, machine);
    const reason = this.reasonWithout("network.namespaces");
    if (reason !== null) throw new UnavailableError("KVP_E_HOST", `the netns lab cannot run here: ${reason}`);
  }

  override refuses(fault: string): string | null {
    if (!/^(link|stream)\./.test(fault) || RULED_FAULTS.includes(fault)) return null;
    return `a network namespace breaks links packet by packet (${RULED_FAULTS.join(", ")}); the local lab can do it`;
  }
}
