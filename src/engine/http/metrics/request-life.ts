/** What the histograms need to know of one request. All times in monotonic nanoseconds. */
export class RequestLife {
  readonly rank: number;
  readonly adapter: string | null;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly arrivedNs: number;
  /** null = still waiting. */
  scheduledNs: number | null = null;
  firstTokenNs: number | null = null;
  lastTokenNs: number | null = null;
  generated = 0;
  cachedTokens = 0;
  preemptions = 0;

  constructor(parts: Pick<RequestLife, "rank" | "adapter" | "promptTokens" | "maxTokens" | "arrivedNs">) {
    this.rank = parts.rank;
    this.adapter = parts.adapter;
    this.promptTokens = parts.promptTokens;
    this.maxTokens = parts.maxTokens;
    this.arrivedNs = parts.arrivedNs;
  }
}
