/**
 * M2 no silent gap: whatever a stream missed is, within δ_gap, either applied after all or owned up to. A gap is: batches
 * published before the engine was added; a sequence number that left no readable bytes (burnt, garbled); a gap that the
 * system itself counted. A burnt number can be noticed once the next batch has left; and while a fault touches the engine,
 * nothing that its ledger says need have arrived: δ_gap counts from the later of the two. What the system counted itself has no
 * such excuse. Applied is proven by its own position: as many batches applied as numbers passed, or as many
 * replayed as were missing. Owned up = the stream was purged or began a new life, or is in any state but `live`. A count in
 * a log is not enough. Catches a replay whose answer is thrown away, gaps that are only counted.
 */
import { type StreamRecord, sutBeganAnew } from "../history/records.js";
import { type JudgeContext, type Property, type Tally } from "./property.js";

export const noSilentGap: Property = {
  id: "M2",
  title: "no silent gap",
  kind: "always",
  statement: "Every gap is replayed or owned up to within the gap bound.",
  notApplicable(run) {
    if (run.events === false) return "control run: the system under test gets no events";
    return run.sut.capabilities.streams ? null : "the system under test does not report its stream positions";
  },
  start(context, tally) {
    const streams = new Map<string, StreamGaps>();
    const of = (engine: string, rank: number): StreamGaps => {
      const key = `${engine}#${rank}`;
      let gaps = streams.get(key);
      if (gaps === undefined) streams.set(key, (gaps = new StreamGaps(context, tally)));
      return gaps;
    };
    return {
      member(record) {
        const engine = context.truth.engine(record.engine);
        for (const { holder, epoch, sentUpTo } of engine?.streams ?? []) {
          const gaps = of(record.engine, holder.rank);
          gaps.forget();
          const published = engine?.alive === true && epoch === engine.epoch ? sentUpTo : 0;
          if (record.event === "added" && published > 0) gaps.open("joined late", record.at, published);
        }
      },
      engine(record) {
        if (record.event !== "down") return;
        for (const { holder } of context.truth.engine(record.engine)?.streams ?? [])
          of(record.engine, holder.rank).forget();
      },
      /** A new life of the system knows nothing of the gaps of the old one; its joins are opened anew. */
      mark(record) {
        if (sutBeganAnew(record)) for (const gaps of streams.values()) gaps.forget();
      },
      ledger(entry) {
        if (context.truth.engine(entry.engine)?.member !== true) return;
        const gaps = of(entry.engine, entry.rank);
        if (entry.wire !== "burnt") gaps.followed(entry.at);
        if (entry.wire !== undefined) gaps.open(entry.wire, entry.at, 1);
      },
      stream: (record) => of(record.engine, record.rank).sample(record),
    };
  },
};

type GapKind = "joined late" | "burnt" | "garbled" | "counted";

interface Gap {
  readonly kind: GapKind;
  readonly at: number;
  readonly batches: number;
  /** When it could first be noticed; infinite until something follows a number that was never sent. */
  noticeableAt: number;
  /** The account before the gap. */
  readonly before: StreamRecord | null;
  owned: boolean;
}

class StreamGaps {
  readonly #context: JudgeContext;
  readonly #tally: Tally;
  #gaps: Gap[] = [];
  #last: StreamRecord | null = null;
  /** Applied batches when the present life was first seen; a little too few is possible, too many is not. */
  #appliedBefore = 0;

  constructor(context: JudgeContext, tally: Tally) {
    this.#context = context;
    this.#tally = tally;
  }

  forget(): void {
    this.#gaps = [];
    this.#last = null;
    this.#appliedBefore = 0;
  }

  open(kind: GapKind, at: number, batches: number): void {
    const noticeableAt = kind === "burnt" ? Number.POSITIVE_INFINITY : at;
    this.#gaps.push({ kind, at, batches, noticeableAt, before: this.#last, owned: false });
  }

  /** A batch whose number can be read left at `at`. */
  followed(at: number): void {
    for (const gap of this.#gaps) gap.noticeableAt = Math.min(gap.noticeableAt, at);
  }

  sample(now: StreamRecord): void {
    const last = this.#last;
    if (last !== null && now.lives > last.lives) this.#appliedBefore = last.appliedBatches;
    if (now.missingBatches > (last?.missingBatches ?? 0)) {
      this.open("counted", now.at, now.missingBatches - (last?.missingBatches ?? 0));
    }
    this.#last = now;
    this.#gaps = this.#gaps.filter((gap) => !this.#settled(gap, now));
  }

  /** Whether the gap needs no more watching: closed, owned up to, or found silent. */
  #settled(gap: Gap, now: StreamRecord): boolean {
    const began = now.lives > (gap.before?.lives ?? 1) || now.purges > (gap.before?.purges ?? 0);
    gap.owned ||= began || now.state !== "live";
    const due = this.#isDue(gap, now);
    const closed = this.#closed(gap, now);
    if (closed || (gap.owned && due)) {
      this.#tally.opportunity();
      this.#tally.count(closed ? "replayed" : "owned_up");
      return true;
    }
    if (!due) return false;
    this.#tally.opportunity();
    this.#tally.violate({
      at: now.at,
      engine: now.engine,
      summary:
        `stream ${now.engine} rank ${now.rank} missed ${gap.batches} batches (${gap.kind}) at ${this.#context.ms(gap.at)} ms; ` +
        `at ${this.#context.ms(now.at)} ms it calls itself live, without having replayed, purged or marked anything`,
      proof: { gap: { kind: gap.kind, atMs: this.#context.ms(gap.at), batches: gap.batches }, before: gap.before, now },
    });
    return true;
  }

  #isDue(gap: Gap, now: StreamRecord): boolean {
    const { bounds, disturbances } = this.#context.truth;
    if (now.at < gap.noticeableAt + bounds.gapNs) return false;
    return gap.kind === "counted" || disturbances.recoveredBy(now.engine, now.at - bounds.gapNs);
  }

  #closed(gap: Gap, now: StreamRecord): boolean {
    if (gap.kind === "counted") {
      const replayed = now.replayedBatches - (gap.before?.replayedBatches ?? 0);
      return now.state === "live" && (replayed >= gap.batches || appliedAll(gap, now));
    }
    if (gap.kind !== "joined late" || now.state !== "live") return false;
    const stream = this.#context.truth.engine(now.engine)?.streams[now.rank];
    const readable = now.lastSeq + 1 - (stream?.unreadableBatches ?? 0);
    return now.lastSeq + 1 >= gap.batches && now.appliedBatches - this.#appliedBefore >= readable;
  }
}

/** Numbers beyond the gap were reached and none before was passed over: what had seemed to be missing came by itself, late. */
function appliedAll({ before, batches }: Gap, now: StreamRecord): boolean {
  const { lives, purges, lastSeq, appliedBatches } = before ?? { lives: 1, purges: 0, lastSeq: -1, appliedBatches: 0 };
  if (lives !== now.lives || purges !== now.purges) return false;
  return now.lastSeq - lastSeq > batches && now.appliedBatches - appliedBatches >= now.lastSeq - lastSeq;
}
