/** `kvproof record`: from live publishers, or from a recording in JSON lines, to one trace. */
import { packageVersion } from "../base/package-root.js";
import { tapFleet } from "./tap/fleet-tap.js";
import {
  TRACE_FORMAT,
  TRACE_VERSION,
  type HoleRecord,
  type OpenTrace,
  type TraceHeader,
  type TraceStream,
} from "./trace/trace-records.js";
import { TraceTotals, type StreamTotals } from "./trace/trace-totals.js";
import { TraceWriter } from "./trace/trace-writer.js";

/** Records between two waits for the disk when converting. */
const RECORDS_PER_WAIT = 256;

export interface RecordOptions {
  readonly out: string;
  readonly force: boolean;
  readonly streams: readonly TraceStream[];
  /** Total over all streams. */
  readonly batches?: number | undefined;
  readonly forMs?: number | undefined;
  readonly signal: AbortSignal;
  readonly progress?: (batches: number) => void;
}

export interface Recorded {
  readonly totals: readonly StreamTotals[];
  readonly holes: readonly HoleRecord[];
  /** Publishers to which no connection was ever made. */
  readonly silent: readonly TraceStream[];
}

/** @throws UnavailableError KVP_E_TRACE_UNWRITABLE when the file fails; what was written stays as a partial file. */
export async function recordFleet(options: RecordOptions): Promise<Recorded> {
  const writer = new TraceWriter(options.out, headerOf(options.streams), options.force);
  const totals = new TraceTotals(options.streams);
  let tapped;
  try {
    tapped = await tapFleet(
      {
        append: (record) => {
          writer.append(record);
          totals.add(record);
          if (record.kind === "batch") options.progress?.(writer.batches);
        },
        drained: () => writer.drained(),
        enough: () => writer.failure !== null || (options.batches !== undefined && writer.batches >= options.batches),
      },
      options,
    );
  } finally {
    await writer.finish();
  }
  const silent = tapped.filter(({ connections }) => connections === 0).map(({ stream }) => stream);
  return { totals: totals.streams(), holes: totals.holes, silent };
}

/** Writes what another reader reads. */
export async function convert(source: OpenTrace, out: string, force: boolean): Promise<Recorded> {
  const { streams, startedAt } = source.header;
  const writer = new TraceWriter(out, headerOf(streams, startedAt), force);
  const totals = new TraceTotals(streams);
  let written = 0;
  for await (const record of source.records) {
    writer.append(record);
    totals.add(record);
    if (++written % RECORDS_PER_WAIT === 0) await writer.drained();
  }
  await writer.finish();
  return { totals: totals.streams(), holes: totals.holes, silent: [] };
}

function headerOf(streams: readonly TraceStream[], startedAt = new Date().toISOString()): TraceHeader {
  return { format: TRACE_FORMAT, version: TRACE_VERSION, tool: `kvproof ${packageVersion}`, startedAt, streams };
}
