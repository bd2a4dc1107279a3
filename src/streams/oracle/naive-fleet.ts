/** The answers that a router must give after a whole trace, and the questions to ask it. */
import { KvproofError } from "../../base/errors.js";
import type { KvEvent } from "../../protocol/kv-event.js";
import { decodeBatchObjects } from "../../protocol/kv-event-objects.js";
import { duplicatesOf, type StreamFacts } from "../trace/trace-facts.js";
import type { TraceRecord } from "../trace/trace-records.js";
import { contentsOf } from "./block-content.js";
import { ChainBook } from "./chain-book.js";
import { NaiveStream, type Question } from "./naive-stream.js";

export class NaiveFleet {
  readonly #facts: readonly StreamFacts[];
  readonly #streams: NaiveStream[];
  readonly #lives: number[];
  readonly #book = new ChainBook();

  constructor(facts: readonly StreamFacts[]) {
    this.#facts = facts;
    this.#streams = facts.map(({ dialect }) => new NaiveStream(duplicatesOf(dialect)));
    this.#lives = facts.map(() => 1);
  }

  see(record: TraceRecord): void {
    if (record.life !== this.#lives[record.stream]) this.restart(record.stream, record.life);
    if (record.kind !== "batch") return;
    try {
      for (const event of decodeBatchObjects(record.payload).events) this.apply(record.stream, event);
    } catch (thrown) {
      if (!(thrown instanceof KvproofError)) throw thrown;
    }
  }

  restart(stream: number, life: number): void {
    const { dialect } = this.#facts[stream] as StreamFacts;
    this.#streams[stream] = new NaiveStream(duplicatesOf(dialect));
    this.#lives[stream] = life;
  }

  apply(stream: number, event: KvEvent): void {
    this.#streams[stream]?.apply(event);
    if (event.type === "stored") for (const content of contentsOf(event)) this.#book.see(stream, content);
  }

  questions(limit: number): Question[] {
    return this.#book.questions(limit);
  }

  /** Leading full blocks per engine, the best of its ranks; engines without one are left out. */
  answer(question: Question): Record<string, number> {
    const answer: Record<string, number> = {};
    this.#facts.forEach(({ stream: { engine }, blockSize }, i) => {
      const blocks = this.#streams[i]?.match(question, blockSize) ?? 0;
      if (blocks > (answer[engine] ?? 0)) answer[engine] = blocks;
    });
    return answer;
  }
}
