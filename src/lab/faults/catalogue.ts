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
import { nodeCrash } from "./node/crash.js";
import { nodeCut, nodeFreeze } from "./node/stand-still.js";
import { pause } from "./process/pause.js";

import { bandwidth } from "./link/bandwidth.js";
import { blackhole } from "./link/blackhole.js";
import { delay } from "./link/delay.js";
import { loss } from "./link/loss.js";
import { partition } from "./link/partition.js";
import { refuse } from "./link/refuse.js";
import { storm } from "./link/storm.js";
import { burnt } from "./stream/burnt.js";
import { corruptFrame } from "./stream/corrupt-frame.js";
import { corruptPayload } from "./stream/corrupt-payload.js";
import { streamDelay } from "./stream/delay.js";
import { drop } from "./stream/drop.js";
import { duplicate } from "./stream/duplicate.js";
import { reorder } from "./stream/reorder.js";
import { replayReordered } from "./stream/replay-reordered.js";
import { replaySilent } from "./stream/replay-silent.js";
import { replaySlow } from "./stream/replay-slow.js";
import { replayTruncated } from "./stream/replay-truncated.js";
import { replayWithoutEnd } from "./stream/replay-without-end.js";
import { stall } from "./stream/stall.js";

export const FAULTS: readonly Fault[] = [
  // one fault per line
  partition,
  delay,
  loss,
  bandwidth,
  blackhole,
  refuse,
  storm,
  drop,
  duplicate,
  reorder,
  streamDelay,
  corruptPayload,
  corruptFrame,
  stall,
  burnt,
  replayTruncated,
  replaySilent,
  replayWithoutEnd,
  replaySlow,
  replayReordered,
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
  nodeCrash,
  nodeFreeze,
  nodeCut,
  quirk,
];

export function faultOf(kind: string): Fault | undefined {
  return FAULTS.find((fault) => fault.kind === kind);
}
