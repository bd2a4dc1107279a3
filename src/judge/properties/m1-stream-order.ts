/**
 * M1 stream order: within one life of a stream the applied sequence number only grows, each number is applied at most once
 * (so no more batches than numbers passed), and never a number that the engine has not reached. Catches duplicate
 * subscriptions, overlapping replays applied twice, numbers out of thin air.
 */
import { type StreamRecord, sutBeganAnew } from "../history/records.js";
import type { Property } from "./property.js";

export const streamOrder: Property = {
  id: "M1",
  title: "stream order",
  kind: "always",
  statement: "Per stream and life, sequence numbers are applied in order and at most once.",
  notApplicable: (run) =>
    run.sut.capabilities.streams ? null : "the system under test does not report its stream positions",
  start(context, tally) {
    const last = new Map<string, StreamRecord>();
    const highest = new Map<string, number>();
    return {
      /** A system that is told of an engine anew may begin its account anew. */
      member(record) {
        for (const [stream, sample] of last) if (sample.engine === record.engine) last.delete(stream);
      },
      mark(record) {
        if (sutBeganAnew(record)) last.clear();
      },
      ledger(entry) {
        const stream = `${entry.engine}#${entry.rank}`;
        if (entry.seq > (highest.get(stream) ?? -1)) highest.set(stream, entry.seq);
      },
      stream(now) {
        const stream = `${now.engine}#${now.rank}`;
        const before = last.get(stream);
        last.set(stream, now);
        if (now.lastSeq >= 0) tally.opportunity();
        const wrong = outOfThinAir(now, highest.get(stream) ?? -1) ?? outOfOrder(before ?? beginningOf(now), now);
        if (wrong === null) return;
        tally.violate({
          at: now.at,
          engine: now.engine,
          summary: `at ${context.ms(now.at)} ms stream ${now.engine} rank ${now.rank} ${wrong}`,
          proof: { before: before ?? null, now },
        });
      },
    };
  },
};

function outOfThinAir(now: StreamRecord, highest: number): string | null {
  return now.lastSeq > highest ? `reports batch ${now.lastSeq} as applied; the engine never got past ${highest}` : null;
}

/** What the account must have been before the first sample: nothing, if it is about the first life. */
function beginningOf(first: StreamRecord): StreamRecord {
  return first.lives <= 1 && first.purges === 0 ? { ...first, lastSeq: -1, appliedBatches: 0 } : first;
}

function outOfOrder(before: StreamRecord, now: StreamRecord): string | null {
  // A new life, a purge, or a system that was itself restarted begins a new count.
  if (now.lives !== before.lives || now.purges !== before.purges || now.appliedBatches < before.appliedBatches)
    return null;
  if (now.lastSeq < before.lastSeq) return `went back from batch ${before.lastSeq} to ${now.lastSeq} within one life`;
  const applied = now.appliedBatches - before.appliedBatches;
  const passed = now.lastSeq - before.lastSeq;
  return applied > passed ? `applied ${applied} batches while its sequence moved by ${passed}: some twice` : null;
}
