/** Every kind of fault, in the order of the documentation. Adding one: its file, and a line here. */
import type { Fault } from "./fault.js";

export const FAULTS: readonly Fault[] = [
  // one fault per line
];

export function faultOf(kind: string): Fault | undefined {
  return FAULTS.find((fault) => fault.kind === kind);
}
