/** `GET /v1/models` of the whole fleet: every model and adapter that some engine serves, once, in the engine's own words. */
import type { Fleet } from "../fleet/fleet.js";

export interface ModelList {
  readonly object: "list";
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

/** Engines whose port is dead do not count; one that has not said yet counts with the model it was registered for. */
export function mergedModelList(fleet: Fleet): ModelList {
  const entries = new Map<string, Readonly<Record<string, unknown>>>();
  for (const engine of fleet.engines()) {
    if (engine.health.state === "down") continue;
    const { model } = engine.registration;
    const fallback = [
      { id: model, entry: { id: model, object: "model", created: 0, owned_by: "kvproof", root: model, parent: null } },
    ];
    for (const { id, entry } of engine.models.served ?? fallback) if (!entries.has(id)) entries.set(id, entry);
  }
  return { object: "list", data: [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry) };
}
