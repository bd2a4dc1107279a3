/** What an engine's `GET /v1/models` says: its base model under all served names, and the adapters loaded on it. */
import { ProtocolError } from "../../base/errors.js";
import { LIMITS } from "../limits.js";

export interface ServedModel {
  readonly id: string;
  /** Path of the weights; for an adapter this is its version. */
  readonly root: string;
  readonly parent: string | null;
  /** The engine's own entry, for the merged list. */
  readonly entry: Readonly<Record<string, unknown>>;
}

/** @throws ProtocolError when the answer is not an OpenAI model list. Entries without an id are skipped. */
export function parseModelList(answer: unknown): ServedModel[] {
  const data = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) throw new ProtocolError("KVP_E_UPSTREAM", "/v1/models has no list named data");
  const models: ServedModel[] = [];
  for (const entry of data.slice(0, LIMITS.adaptersPerEngine) as (Record<string, unknown> | null)[]) {
    if (typeof entry?.id !== "string" || entry.id.length > LIMITS.nameLength) continue;
    models.push({
      id: entry.id,
      root: typeof entry.root === "string" ? entry.root : "",
      parent: typeof entry.parent === "string" ? entry.parent : null,
      entry,
    });
  }
  return models;
}

export interface AdapterChanges {
  /** Loaded again from another path: what was cached under the name is another adapter's. */
  readonly replaced: readonly string[];
  readonly unloaded: readonly string[];
  readonly loaded: readonly string[];
}

/** Both maps: adapter name → root. */
export function adapterChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): AdapterChanges {
  return {
    replaced: [...before.keys()].filter((name) => after.has(name) && after.get(name) !== before.get(name)),
    unloaded: [...before.keys()].filter((name) => !after.has(name)),
    loaded: [...after.keys()].filter((name) => !before.has(name)),
  };
}

export function adaptersOf(models: readonly ServedModel[]): Map<string, string> {
  return new Map(models.filter((model) => model.parent !== null).map((model) => [model.id, model.root]));
}
