/** How far the policy may believe what this stream has told, 0..1. */
import { NS_PER_MS } from "../../base/clock.js";
import type { SessionState } from "./state.js";

export function creditOf(s: SessionState, nowNs: number): number {
  const options = s.options;
  switch (s.state) {
    case "live":
      return 1;
    case "gapped":
      return options.gappedCredit;
    case "partial": {
      // True as far as it goes, but less and less is known about what came after the last batch in order.
      const silentMs = Math.max(0, nowNs - s.verifiedNs) / NS_PER_MS;
      return options.partialCredit * 2 ** -(silentMs / options.partialHalfLifeMs);
    }
    case "stale":
      return nowNs - s.lostNs <= options.leaseMs * NS_PER_MS ? s.creditWhenLost : 0;
    case "cold":
    case "catching-up":
      return 0;
  }
}
