/** What a session asks of the world. Run them in order, before applying the batch that the same call returned. */
export type SessionAction =
  /** Ask the publisher for every batch it still has from `from` on; answers carry `round` back. */
  | { readonly type: "request-replay"; readonly round: number; readonly from: number }
  | { readonly type: "cancel-replay"; readonly round: number }
  /** Forget everything this stream has told the index. */
  | { readonly type: "purge"; readonly reason: string }
  | {
      readonly type: "log";
      readonly level: "debug" | "info" | "warn";
      /** Name of the transition, stable; the key under which repeats are counted. */
      readonly transition: string;
      readonly message: string;
      readonly fields: Readonly<Record<string, number | string>>;
    };

/** What to do with one batch. */
export const Verdict = {
  /** Apply it now, then call `settle`. */
  apply: 0,
  /** Kept until its turn comes: see `takeHeld`. */
  hold: 1,
  /** Nothing: it is a duplicate, or belongs to another connection or replay. */
  drop: 2,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];
