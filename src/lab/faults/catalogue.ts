/** Every kind of fault, in the order of the documentation. Adding one: its file, and a line here. */
import { quirk } from "./engine/quirk.js";
import type { Fault } from "./fault.js";
import { kill } from "./process/kill.js";

export const FAULTS: readonly Fault[] = [
  // one fault per line
  kill,
  quirk,
];

export function faultOf(kind: string): Fault | undefined {
  return FAULTS.find((fault) => fault.kind === kind);
}
