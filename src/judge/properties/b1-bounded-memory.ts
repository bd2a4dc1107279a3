/**
 * B1 bounded memory: the index never exceeds its declared cap, holds no more blocks than its engines ever mentioned, and,
 * Δ_restart after engines were removed, nothing of them; when all are gone, its side tables are empty too. Catches limits that
 * are not enforced on the event path, entries that outlive their engine, side tables that only grow.
 */
import type { DumpRecord } from "../history/records.js";
import type { EngineState } from "../truth/engine-state.js";
import { type JudgeContext, type Property, type Tally } from "./property.js";

export const boundedMemory: Property = {
  id: "B1",
  title: "bounded memory",
  kind: "always",
  statement: "The index stays within its cap and gives everything back when engines leave.",
  notApplicable: (run) => (run.sut.capabilities.dump ? null : "the system under test has no dump"),
  start: (context, tally) => ({
    dump(dump) {
      tally.measured.peak_blocks = Math.max(Number(tally.measured.peak_blocks ?? 0), dump.totalBlocks);
      if (dump.capBlocks !== null) withinCap(context, tally, dump, dump.capBlocks);
      withinTruth(context, tally, dump);
      nothingOfTheDeparted(context, tally, dump);
    },
  }),
};

function withinCap(context: JudgeContext, tally: Tally, dump: DumpRecord, cap: number): void {
  if (dump.totalBlocks > 0) tally.opportunity();
  if (dump.totalBlocks <= cap) return;
  const summary = `at ${context.ms(dump.at)} ms the index held ${dump.totalBlocks} blocks; its cap is ${cap}`;
  tally.violate({ at: dump.at, summary, proof: { totalBlocks: dump.totalBlocks, capBlocks: cap } });
}

function withinTruth(context: JudgeContext, tally: Tally, dump: DumpRecord): void {
  for (const name in dump.engines) {
    const indexed = dump.engines[name] as number;
    const engine = context.truth.engine(name);
    if (indexed === 0 || engine?.publishes === false) continue;
    tally.opportunity();
    const mentioned = engine === undefined ? 0 : mentionedBy(engine);
    if (indexed <= mentioned) continue;
    const summary = `at ${context.ms(dump.at)} ms the index held ${indexed} blocks of ${name}, which ever mentioned ${mentioned}`;
    tally.violate({ at: dump.at, engine: name, summary, proof: { indexed, mentioned } });
  }
}

/** Each group of a hybrid model may be indexed by itself. */
function mentionedBy(engine: EngineState): number {
  return engine.groups * engine.streams.reduce((sum, { holder }) => sum + holder.known, 0);
}

function nothingOfTheDeparted(context: JudgeContext, tally: Tally, dump: DumpRecord): void {
  const { engines, bounds, disturbances } = context.truth;
  const gone = (engine: EngineState): boolean => !engine.member && dump.at > engine.removedAt + bounds.departureNs;
  for (const engine of engines) {
    if (!gone(engine) || !disturbances.recoveredBy(engine.name, dump.at - bounds.departureNs)) continue;
    tally.opportunity();
    const left = dump.engines[engine.name] ?? 0;
    if (left === 0) continue;
    const summary = `at ${context.ms(dump.at)} ms the index still held ${left} blocks of ${engine.name}, removed at ${context.ms(engine.removedAt)} ms`;
    tally.violate({
      at: dump.at,
      engine: engine.name,
      summary,
      proof: { left, removedAtMs: context.ms(engine.removedAt) },
    });
  }
  if (engines.length === 0 || !engines.every(gone)) return;
  tally.opportunity();
  if (dump.totalBlocks === 0 && dump.sideEntries === 0) return;
  const summary = `all engines are gone, and the index still holds ${dump.totalBlocks} blocks and ${dump.sideEntries} side entries`;
  tally.violate({ at: dump.at, summary, proof: { totalBlocks: dump.totalBlocks, sideEntries: dump.sideEntries } });
}
