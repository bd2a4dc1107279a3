/** What one engine's links go through under one disturbance, counted where it happens. */
import type { LinkAccount, LinkDirection } from "../../links.js";

export class Account {
  readonly #engine: string;
  readonly #beganMs: number;
  #endedMs: number | null = null;
  accepted = 0;
  refused = 0;
  reset = 0;
  lostBytes = 0;
  worstDelayMs = 0;
  retransmissions = 0;
  messages = 0;
  edited = 0;
  #passedSinceEnd = 0;
  readonly #passed = { "to-gateway": 0, "to-engine": 0 };
  readonly #lastPassedMs: { "to-gateway": number; "to-engine": number };

  constructor(engine: string, nowMs: number) {
    this.#engine = engine;
    this.#beganMs = nowMs;
    this.#lastPassedMs = { "to-gateway": nowMs, "to-engine": nowMs };
  }

  passed(direction: LinkDirection, bytes: number, nowMs: number): void {
    this.#lastPassedMs[direction] = nowMs;
    if (this.#endedMs === null) this.#passed[direction] += bytes;
    else this.#passedSinceEnd += bytes;
  }

  waited(ms: number): void {
    this.worstDelayMs = Math.max(this.worstDelayMs, ms);
  }

  end(nowMs: number): void {
    this.#endedMs ??= nowMs;
  }

  report(nowMs: number, open: number, heldBytes: number): LinkAccount {
    return {
      engine: this.#engine,
      forMs: (this.#endedMs ?? nowMs) - this.#beganMs,
      open,
      accepted: this.accepted,
      refused: this.refused,
      reset: this.reset,
      heldBytes,
      lostBytes: this.lostBytes,
      passedBytes: { ...this.#passed },
      silentMs: {
        "to-gateway": nowMs - this.#lastPassedMs["to-gateway"],
        "to-engine": nowMs - this.#lastPassedMs["to-engine"],
      },
      worstDelayMs: this.worstDelayMs,
      retransmissions: this.retransmissions,
      messages: this.messages,
      edited: this.edited,
      passedSinceEnd: this.#passedSinceEnd,
    };
  }
}
