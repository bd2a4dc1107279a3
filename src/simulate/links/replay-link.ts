/** One replay request on a connection of its own: it travels, is answered with what the publisher has then, and the answers travel back. */
import type { SimRank } from "../engine/sim-rank.js";
import { TEMPO } from "../gateway/tempo.js";
import type { ActiveFault } from "./conditions.js";
import { damaged } from "./damage.js";
import type { LinkParts } from "./live-link.js";
import { OrderedWay } from "./ordered-way.js";

const MAX_ANSWERS_BEFORE_CUT = 20;
const MAX_SLOW_MS = 8;

export interface ReplayAnswers {
  batch(seq: number, payload: Uint8Array): void;
  ended(): void;
  failed(reason: string): void;
}

export class ReplayLink {
  readonly #parts: LinkParts;
  readonly #way: OrderedWay;
  readonly #answers: ReplayAnswers;
  #over = false;

  constructor(parts: LinkParts, answers: ReplayAnswers) {
    this.#parts = parts;
    this.#answers = answers;
    this.#way = new OrderedWay(parts.time, parts.rng, parts.maxDelayMs);
  }

  /** `publisher` = who is reached now; null = nobody. The request arrives no earlier than in `afterMs`. */
  request(publisher: SimRank | null, from: number, afterMs: number): void {
    const { conditions } = this.#parts;
    const refused = conditions.of("replay.refused");
    const cut = conditions.of("link.partition");
    refused?.bit("a replay request was refused");
    cut?.bit("a replay request was refused");
    if (publisher === null || refused !== undefined || cut !== undefined) this.#fail("refused", TEMPO.refusalMs);
    else if (this.#isSilent(publisher)) this.#fail("no answer", TEMPO.replayInactivityMs);
    else {
      publisher.onEnd(() => this.#fail("the connection ended", 0));
      if (afterMs > 0) this.#way.delay(afterMs);
      this.#way.send(() => this.#answer(publisher, from));
    }
  }

  /** The consumer does not listen any more. */
  cancel(): void {
    this.#over = true;
  }

  /** The connection breaks. */
  cut(): void {
    this.#fail("the connection was reset", 0);
  }

  #isSilent(publisher: SimRank): boolean {
    const { conditions } = this.#parts;
    const silence = conditions.of("replay.silent") ?? conditions.of("link.half-open");
    silence?.bit("a replay request was not answered");
    return silence !== undefined || publisher.isFrozen;
  }

  #answer(publisher: SimRank, from: number): void {
    if (this.#over) return;
    if (this.#isSilent(publisher)) {
      this.#fail("no answer", TEMPO.replayInactivityMs);
      return;
    }
    const { conditions } = this.#parts;
    const truncate = conditions.of("replay.truncate");
    const room =
      truncate === undefined ? Number.POSITIVE_INFINITY : Math.floor(truncate.fault.amount * MAX_ANSWERS_BEFORE_CUT);
    const slow = conditions.of("replay.slow");
    let sent = 0;
    for (const { seq, payload } of publisher.replay(from)) {
      if (sent++ >= room) {
        truncate?.bit(`a replay broke off before batch ${seq}`);
        this.#fail("the connection was reset", TEMPO.refusalMs);
        return;
      }
      this.#sendAnswer(seq, payload, slow);
    }
    const noEnd = conditions.of("replay.no-end");
    noEnd?.bit("a replay had no END");
    if (noEnd !== undefined) this.#fail("no batch and no END", TEMPO.replayInactivityMs);
    else this.#way.send(() => this.#end());
  }

  #sendAnswer(seq: number, payload: Uint8Array, slow: ActiveFault | undefined): void {
    const { conditions, time } = this.#parts;
    if (conditions.hits("replay.holes", `answer ${seq} lost`)) return;
    const corrupt = conditions.hits("stream.corrupt", `answer ${seq} damaged`);
    const bytes = corrupt === undefined ? payload : damaged(payload, corrupt.rng);
    if (slow !== undefined) {
      slow.bit(`answer ${seq} is slow`);
      this.#way.delay(slow.rng.float() * slow.fault.amount * MAX_SLOW_MS);
    }
    const reorder = conditions.hits("replay.reorder", `answer ${seq} overtaken`);
    const deliver = (): void => this.#batch(seq, bytes);
    if (reorder === undefined) this.#way.send(deliver);
    else time.afterMs(reorder.rng.float() * MAX_SLOW_MS, deliver);
  }

  #batch(seq: number, payload: Uint8Array): void {
    if (!this.#over) this.#answers.batch(seq, payload);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#answers.ended();
  }

  #fail(reason: string, afterMs: number): void {
    this.#parts.time.afterMs(afterMs, () => {
      this.#way.send(() => {
        if (this.#over) return;
        this.#over = true;
        this.#answers.failed(reason);
      });
    });
  }
}
