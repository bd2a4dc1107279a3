/** From what a fault asks for to the editors of one connection. */
import type { StreamDisturbance } from "../../../links.js";
import { Burn, type BurntNumbers, WithholdBurnt } from "./burn.js";
import type { Editor, EditorSite } from "./editor.js";
import { CorruptFrame, CorruptGreeting, CorruptPayload, Drop, Duplicate } from "./loss-editors.js";
import { Late, Reorder } from "./order-editors.js";
import { ReplayReordered, ReplaySilent, ReplaySlow, ReplayTruncated, ReplayWithoutEnd } from "./replay-editors.js";
import { Stall } from "./stall.js";

/** The editor for a connection to this port; null when the disturbance leaves the port alone. */
export function makeEditor(
  disturbance: StreamDisturbance,
  port: "events" | "replay",
  site: EditorSite,
  burnt: BurntNumbers,
): Editor | null {
  return port === "events" ? liveEditor(disturbance, site, burnt) : replayEditor(disturbance, site, burnt);
}

function liveEditor(disturbance: StreamDisturbance, site: EditorSite, burnt: BurntNumbers): Editor | null {
  switch (disturbance.kind) {
    case "drop":
      return new Drop(site, disturbance.probability);
    case "duplicate":
      return new Duplicate(site, disturbance.probability);
    case "corrupt-payload":
      return new CorruptPayload(site, disturbance.probability);
    case "burn":
      return new Burn(site, burnt, disturbance.probability);
    case "reorder":
      return new Reorder(site, disturbance.probability, disturbance.distance);
    case "late":
      return new Late(site, disturbance.probability, disturbance.byMs);
    case "corrupt-frame":
      return disturbance.what === "greeting"
        ? new CorruptGreeting(site)
        : new CorruptFrame(site, disturbance.probability, disturbance.what);
    case "stall":
      return new Stall(site);
    case "replay-truncated":
    case "replay-silent":
    case "replay-without-end":
    case "replay-slow":
    case "replay-reordered":
      return null;
  }
}

function replayEditor(disturbance: StreamDisturbance, site: EditorSite, burnt: BurntNumbers): Editor | null {
  switch (disturbance.kind) {
    case "burn":
      return new WithholdBurnt(site, burnt);
    case "replay-truncated":
      return new ReplayTruncated(site, disturbance.keep);
    case "replay-silent":
      return new ReplaySilent(site);
    case "replay-without-end":
      return new ReplayWithoutEnd(site);
    case "replay-slow":
      return new ReplaySlow(site, disturbance.everyMs);
    case "replay-reordered":
      return new ReplayReordered(site, disturbance.byMs);
    case "drop":
    case "duplicate":
    case "corrupt-payload":
    case "corrupt-frame":
    case "reorder":
    case "late":
    case "stall":
      return null;
  }
}
