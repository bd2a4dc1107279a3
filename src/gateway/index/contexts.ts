/**
 * Contexts: what two prompts must share besides their tokens before a block of one can serve the other: model, adapter,
 * salt, block size. Each has a random root key, so that chains of different contexts never meet.
 */
import type { Rng } from "../../base/rng.js";

export interface Context {
  /** -1 once nobody holds a block in it; then its id may belong to another. */
  id: number;
  readonly model: Model;
  readonly lora: string | null;
  readonly salt: string | null;
  readonly blockSize: number;
  readonly rootLow: number;
  readonly rootHigh: number;
  /** Nodes in it, plus whoever pins it. */
  uses: number;
  readonly name: string;
}

export interface Model {
  readonly name: string;
  readonly contexts: Map<string, Context>;
  /** Block sizes of its contexts, with the number of contexts of each. */
  readonly blockSizes: Map<number, number>;
  holders: number;
}

/** Adapter as a context sees it: its name; where an old engine sends an id alone, that id, which no name can equal. */
export function adapterKey(loraName: string | null, loraId: number | null): string | null {
  if (loraName !== null) return loraName;
  return loraId === null ? null : `\u0000id ${loraId}`;
}

function nameOf(lora: string | null, salt: string | null, blockSize: number): string {
  return `${blockSize} ${lora === null ? "-" : `${lora.length}:${lora}`} ${salt === null ? "-" : `+${salt}`}`;
}

export class Contexts {
  readonly models = new Map<string, Model>();
  /** By id; holes are closed contexts. */
  readonly byId: (Context | undefined)[] = [];
  count = 0;
  readonly #free: number[] = [];
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  openModel(name: string): Model {
    let model = this.models.get(name);
    if (model === undefined) {
      model = { name, contexts: new Map(), blockSizes: new Map(), holders: 0 };
      this.models.set(name, model);
    }
    model.holders++;
    return model;
  }
  closeModel(model: Model): void {
    if (--model.holders === 0) this.models.delete(model.name);
  }
  find(model: Model, lora: string | null, salt: string | null, blockSize: number): Context | undefined {
    return model.contexts.get(nameOf(lora, salt, blockSize));
  }
  /** The context with one more use; {@link release} it. */
  acquire(model: Model, lora: string | null, salt: string | null, blockSize: number): Context {
    const name = nameOf(lora, salt, blockSize);
    let context = model.contexts.get(name);
    if (context === undefined) {
      const id = this.#free.pop() ?? this.byId.length;
      const [rootLow, rootHigh] = [this.#rng.u32() | 0, this.#rng.u32() | 0];
      context = { id, model, lora, salt, blockSize, rootLow, rootHigh, uses: 0, name };
      this.byId[id] = context;
      model.contexts.set(name, context);
      model.blockSizes.set(blockSize, (model.blockSizes.get(blockSize) ?? 0) + 1);
      this.count++;
    }
    context.uses++;
    return context;
  }
  pin(context: Context): void {
    context.uses++;
  }
  release(context: Context): void {
    if (--context.uses > 0) return;
    const { model, blockSize } = context;
    model.contexts.delete(context.name);
    const left = (model.blockSizes.get(blockSize) ?? 1) - 1;
    if (left === 0) model.blockSizes.delete(blockSize);
    else model.blockSizes.set(blockSize, left);
    this.byId[context.id] = undefined;
    this.#free.push(context.id);
    context.id = -1;
    this.count--;
  }
}
