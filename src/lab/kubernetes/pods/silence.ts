/** Whether a process that should answer does: one that falls silent by itself was stopped by somebody, or its node was. */
import { NS_PER_MS } from "../../../base/clock.js";

/** A healthy process answers the lab within this on any machine that can run a scenario; asked every second or so. */
export const SILENT_MS = 2_000;
const LONG_MS = 5_000;

export interface SilenceNews {
  /** Nothing was heard since then. */
  onSilent(sinceNs: number): void;
  /** And still nothing: a busy machine alone does not explain it. */
  onLong(sinceNs: number): void;
  onHeard(afterMs: number): void;
}

export class Silence {
  readonly #news: SilenceNews;
  /** When what was answered last had been asked; null = it is not listened for. */
  #heardAt: number | null = null;
  #silent = false;
  #long = false;

  constructor(news: SilenceNews) {
    this.#news = news;
  }

  /** From now on it should answer. */
  begin(nowNs: number): void {
    this.#heardAt = nowNs;
    this.#silent = false;
    this.#long = false;
  }

  /** It has no reason to answer from now on: the lab itself stopped it. */
  end(): void {
    this.#heardAt = null;
    this.#silent = false;
    this.#long = false;
  }

  heard(askedAtNs: number, nowNs: number): void {
    if (this.#heardAt === null) return;
    const afterMs = Math.round((nowNs - this.#heardAt) / NS_PER_MS);
    this.#heardAt = Math.max(this.#heardAt, askedAtNs);
    if (!this.#silent) return;
    this.#silent = false;
    this.#long = false;
    this.#news.onHeard(afterMs);
  }

  missed(nowNs: number): void {
    if (this.#heardAt === null || nowNs - this.#heardAt < SILENT_MS * NS_PER_MS) return;
    if (!this.#silent) this.#news.onSilent(this.#heardAt);
    this.#silent = true;
    if (this.#long || nowNs - this.#heardAt < LONG_MS * NS_PER_MS) return;
    this.#long = true;
    this.#news.onLong(this.#heardAt);
  }
}
