/** An engine that answers nobody although nobody in the run made it so: its node hangs, is cut off or gone. */
import type { EngineRecord, MarkRecord } from "../../../judge/history/records.js";
import type { KubeContext } from "./lab-context.js";
import { Silence } from "./silence.js";

export interface SilentEngine {
  /** For people: "engine llama/1 (pod llama-1-abc on node-2)". */
  place(): string;
  record(event: EngineRecord["event"], more?: Partial<EngineRecord>): void;
}

/** What it holds stays true; that nobody hears of it is no fault of those who listen. */
export function engineSilence({ observer, clock }: KubeContext, engine: SilentEngine): Silence {
  const mark = (detail: string, more: Partial<MarkRecord> = {}): void =>
    observer.record({ k: "mark", at: clock.nowNs(), name: "silence", detail: `${engine.place()} ${detail}`, ...more });
  return new Silence({
    onSilent: (sinceNs) => engine.record("frozen", { at: sinceNs }),
    onLong: (sinceNs) => mark("answered nobody", { at: sinceNs, unasked: true }),
    onHeard: (afterMs) => {
      engine.record("thawed");
      mark(`answers again after ${afterMs} ms`);
    },
  });
}
