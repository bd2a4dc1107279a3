/** The LoRA adapters that are loaded: vLLM's rules and texts of `/v1/load_lora_adapter` and `/v1/unload_lora_adapter`. */
import type { Adapter } from "./cache/engine-types.js";

/** Refused as vLLM refuses it; the HTTP layer renders it as vLLM's error JSON. */
export class AdapterRefused extends Error {
  readonly status: 400 | 404;
  readonly type: "InvalidUserInput" | "NotFoundError";
  constructor(status: 400 | 404, type: AdapterRefused["type"], message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export class Adapters {
  readonly #loaded = new Map<string, Adapter>();
  /** Counts up by load order, reloads included. */
  #lastId = 0;

  get(name: string): Adapter | undefined {
    return this.#loaded.get(name);
  }

  all(): readonly Adapter[] {
    return [...this.#loaded.values()];
  }

  /**
   * Paths are labels here (no weights are read), but a path whose last part is `missing` is refused the way vLLM refuses
   * one that does not exist. A reload in place keeps vLLM's lora_id.
   */
  load(name: string, path: string, inPlace: boolean): Adapter {
    const present = this.#loaded.get(name);
    if (present !== undefined && !inPlace) {
      throw new AdapterRefused(
        400,
        "InvalidUserInput",
        `The lora adapter '${name}' has already been loaded. If you want to load the adapter in place, set 'load_inplace' to True.`,
      );
    }
    if (/(^|\/)missing$/.test(path)) {
      throw new AdapterRefused(404, "NotFoundError", `Loading lora ${name} failed: No adapter found for ${path}`);
    }
    const adapter = { name, path, id: present?.id ?? ++this.#lastId };
    this.#loaded.set(name, adapter);
    return adapter;
  }

  unload(name: string): void {
    if (!this.#loaded.delete(name)) {
      throw new AdapterRefused(404, "NotFoundError", `The lora adapter '${name}' cannot be found.`);
    }
  }
}
