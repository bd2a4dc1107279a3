/** Repeats one look at an engine: on an interval, and at once when asked. Never two looks at the same time. */
export class Poller {
  readonly #work: () => Promise<void>;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** `work` handles its own failures; it must not reject. */
  constructor(intervalMs: number, work: () => Promise<void>) {
    this.#intervalMs = intervalMs;
    this.#work = work;
  }

  start(): void {
    void this.now();
  }

  /** Resolves when the look that is running, or a new one, has ended. */
  now(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#running ??= this.#look();
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      await this.#work();
    } finally {
      this.#running = undefined;
      if (!this.#stopped) {
        this.#timer = setTimeout(() => void this.now(), this.#intervalMs);
        this.#timer.unref();
      }
    }
  }
}
