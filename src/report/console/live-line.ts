/** One line that tells how a run is going: repainted on a terminal, one plain line every ten seconds elsewhere. */
import { clearLine, cursorTo } from "node:readline";
import { formatMs, formatNumber } from "../format.js";
import { type Paint, paintFor } from "./paint.js";

export interface Progress {
  readonly scenario: string;
  /** 1-based position in the campaign. */
  readonly index: number;
  readonly total: number;
  readonly phase: string;
  readonly elapsedMs: number;
  /** null = not known yet. */
  readonly expectedMs: number | null;
  readonly offeredPerS?: number;
  readonly achievedPerS?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** Faults in force. */
  readonly faults?: readonly string[];
}

const PLAIN_EVERY_MS = 10_000;

function text(progress: Progress): string {
  const { elapsedMs, expectedMs, offeredPerS, achievedPerS, p50Ms, p99Ms, faults } = progress;
  const parts = [
    `[${progress.index}/${progress.total}]`,
    progress.scenario,
    progress.phase,
    formatMs(elapsedMs) + (expectedMs === null ? "" : ` of about ${formatMs(expectedMs)}`),
    ...(offeredPerS === undefined ? [] : [`${formatNumber(achievedPerS ?? 0)}/${formatNumber(offeredPerS)} req/s`]),
    ...(p50Ms === undefined ? [] : [`p50 ${formatMs(p50Ms)} p99 ${formatMs(p99Ms ?? 0)}`]),
    ...(faults?.length ? [`broken: ${faults.join(", ")}`] : []),
  ];
  return parts.join("  ");
}

export class LiveLine {
  readonly #out: NodeJS.WriteStream;
  readonly #repaints: boolean;
  readonly #paint: Paint;
  #lastPlainMs = Number.NEGATIVE_INFINITY;
  #painted = false;

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
    this.#paint = paintFor(out);
    this.#repaints = out.isTTY && process.env.CI === undefined && process.env.TERM !== "dumb";
  }

  update(progress: Progress, nowMs: number = performance.now()): void {
    if (this.#repaints) {
      const room = (this.#out.columns ?? 80) - 1;
      this.#erase();
      this.#out.write(this.#paint.dim(text(progress).slice(0, room)));
      this.#painted = true;
    } else if (nowMs - this.#lastPlainMs >= PLAIN_EVERY_MS) {
      this.#lastPlainMs = nowMs;
      this.#out.write(`${text(progress)}\n`);
    }
  }

  /** A line that stays, above the live one. */
  print(line: string): void {
    this.#erase();
    this.#out.write(`${line}\n`);
  }

  end(): void {
    this.#erase();
  }

  #erase(): void {
    if (!this.#painted) return;
    clearLine(this.#out, 0);
    cursorTo(this.#out, 0);
    this.#painted = false;
  }
}
