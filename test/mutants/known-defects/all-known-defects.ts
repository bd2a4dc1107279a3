import { aibrix } from "./aibrix.js";
import { anomalies } from "./anomalies.js";
import { byClass } from "./by-class.js";
import type { KnownDefect } from "./known-defect.js";
import { vllmWire } from "./vllm-wire.js";

export const knownDefects: readonly KnownDefect[] = [...aibrix, ...byClass, ...vllmWire, ...anomalies];
