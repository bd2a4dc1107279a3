/** The last answer about each (prompt, engine): what it claimed and when it was asked. For what must not be forgotten again. */
import { enlarged, IntTable } from "./int-table.js";
import type { Survey } from "./survey.js";

class EngineMemory {
  readonly prompts = new IntTable();
  claimed = new Int32Array(0);
  askedAt = new Float64Array(0);
}

export class AnswerMemory {
  readonly #engines: EngineMemory[] = [];

  /** Puts what was answered before beside what is answered now. */
  recall(survey: Survey): void {
    for (const standing of survey.standings) {
      const memory = this.#engines[standing.engine.index];
      const at = memory?.prompts.find(survey.prompt.index) ?? -1;
      if (memory === undefined || at < 0) continue;
      standing.previouslyClaimed = memory.claimed[at] as number;
      standing.previouslyAskedAt = memory.askedAt[at] as number;
    }
  }

  /** Keeps this answer for the next one. Engines that were never credited with this prompt take no room. */
  remember(survey: Survey, askedAt: number): void {
    for (const standing of survey.standings) {
      if (standing.claimed === 0 && standing.previouslyClaimed < 0) continue;
      const memory = (this.#engines[standing.engine.index] ??= new EngineMemory());
      const at = memory.prompts.add(survey.prompt.index);
      if (at >= memory.claimed.length) {
        memory.claimed = enlarged(memory.claimed);
        memory.askedAt = enlarged(memory.askedAt, memory.claimed.length);
      }
      memory.claimed[at] = standing.claimed;
      memory.askedAt[at] = askedAt;
    }
  }
}
