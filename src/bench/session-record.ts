/**
 * What a comparison measured, one line per process, written as it is measured: a session that is interrupted, or whose verdict cannot
 * be written, leaves what it has.
 */
import { asError } from "../base/errors.js";
import type { Sample } from "./measure.js";
import { appendResult } from "./result-file.js";

export interface Measured {
  readonly side: "baseline" | "candidate";
  readonly seed: number;
  readonly sample: Sample;
}

export class SessionRecord {
  readonly samples: Measured[] = [];
  /** Why lines are missing at the end of the file; null = none is. */
  failure: Error | null = null;

  constructor(readonly file: string) {}

  /** Never throws: a full disk must not cost the verdict. */
  add(measured: Measured): void {
    this.samples.push(measured);
    if (this.failure !== null) return;
    try {
      appendResult(this.file, `${JSON.stringify(measured)}\n`);
    } catch (thrown) {
      this.failure = asError(thrown);
    }
  }
}
