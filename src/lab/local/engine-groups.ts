/** The processes of a lab in which several engines live. */
import type { ResourceRecord } from "../../judge/history/records.js";
import { EngineGroup } from "./engine-group.js";
import type { RunRegistry } from "./run-registry.js";

export class EngineGroups {
  readonly all: EngineGroup[] = [];
  readonly #place: { readonly dir: string; readonly labToken: string; readonly registry: RunRegistry };

  constructor(place: { readonly dir: string; readonly labToken: string; readonly registry: RunRegistry }) {
    this.#place = place;
  }

  /** The last group while it has fewer than `most` engines, else a new one. */
  withRoom(most: number): EngineGroup {
    const last = this.all.at(-1);
    if (last !== undefined && last.size < most && last.process.alive) return last;
    const group = new EngineGroup(`engines-${this.all.length + 1}`, this.#place);
    this.all.push(group);
    return group;
  }

  usages(at: number): ResourceRecord[] {
    return this.all.flatMap((group) => group.usage(at) ?? []);
  }
}
