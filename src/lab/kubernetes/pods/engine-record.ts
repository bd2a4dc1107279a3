/** What a history says of an engine's life beside what happened to it. */
import type { EngineRecord } from "../../../judge/history/records.js";
import type { EngineSpec } from "../../ports.js";

export function engineRecord(
  { engine, model, ranks, groups, replay, events, bufferSteps }: EngineSpec,
  life: Pick<EngineRecord, "at" | "epoch" | "event">,
): EngineRecord {
  return { k: "engine", engine, model, ranks, groups, replay, events, replayBatches: bufferSteps, ...life };
}
