/** Every kind of fault, in the order of the documentation. Adding one: its file, and a line here. */
import { drift } from "./clock/drift.js";
import { freeze } from "./clock/freeze.js";
import { offset } from "./clock/offset.js";
import { step } from "./clock/step.js";
import { quirk } from "./engine/quirk.js";
import type { Fault } from "./fault.js";
import { crashLoop } from "./process/crash-loop.js";
import { kill } from "./process/kill.js";
import { pause } from "./process/pause.js";

export const FAULTS: readonly Fault[] = [
  // one fault per line
  kill,
  crashLoop,
  pause,
  offset,
  drift,
  step,
  freeze,
  quirk,
];

export function faultOf(kind: string): Fault | undefined {
  return FAULTS.find((fault) => fault.kind === kind);
}
