import type { LabCapability } from "../ports.js";

/** What the lab can do in any cluster. */
export const KUBERNETES_CAPABILITIES: ReadonlySet<LabCapability> = new Set<LabCapability>([
  "engine.kill",
  "engine.freeze",
  "engine.restart-in-place",
  "engine.address-change",
  "engine.address-reuse",
  "gateway.restart",
  "gateway.freeze",
  "engine.control",
  "engine.evict",
  "links",
  "host.cpu",
  "host.memory",
  "host.disk-stress",
  "host.memory-limit",
]);
