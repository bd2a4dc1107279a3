/** Every kind of fault, in the order of the documentation. Adding one: its file, and a line here. */
import { drift } from "./clock/drift.js";
import { freeze } from "./clock/freeze.js";
import { offset } from "./clock/offset.js";
import { step } from "./clock/step.js";
import { quirk } from "./engine/quirk.js";
import type { Fault } from "./fault.js";
import { crashLoop } from "./process/crash-loop.js";
import { cpu } from "./host/cpu.js";
import { diskFull } from "./host/disk-full.js";
import { diskStress } from "./host/disk-stress.js";
import { memory } from "./host/memory.js";
import { oom } from "./host/oom.js";
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
  cpu,
  memory,
  oom,
  diskStress,
  diskFull,
  quirk,
];

export function faultOf(kind: string): Fault | undefined {
  return FAULTS.find((fault) => fault.kind === kind);
}
