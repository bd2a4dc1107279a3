/** What our gateway's `GET /applied` answers: binary columns, told apart by stream and life. */
import { z } from "zod";
import type { AppliedRecord } from "../../judge/history/load-records.js";

export const appliedAnswer = z.object({
  streams: z.array(z.tuple([z.string(), z.int()]).readonly()).readonly(),
  count: z.int().nonnegative(),
  dropped: z.int().nonnegative(),
  columns: z.string(),
});

type Told = Omit<AppliedRecord, "k" | "at">;

/** One record per stream and life; what was dropped is told by the first. */
export function appliedOf({ streams, count, dropped, columns }: z.infer<typeof appliedAnswer>): Told[] {
  const bytes = new Uint8Array(Buffer.from(columns, "base64"));
  const column = (at: number): Float64Array => new Float64Array(bytes.buffer, at * count * 8, count);
  const [indices, lives, seqs, received, applied] = [0, 1, 2, 3, 4].map(column) as [...Float64Array[]];
  const told = new Map<number, { -readonly [K in keyof Told]: Told[K] } & { batches: [number, number, number][] }>();
  for (let i = 0; i < count; i++) {
    const index = indices?.[i] ?? 0;
    const life = lives?.[i] ?? 0;
    const key = index * 2 ** 20 + life;
    const [engine, rank] = streams[index] ?? ["", 0];
    let record = told.get(key);
    if (record === undefined) told.set(key, (record = { engine, rank, life, batches: [], dropped: 0 }));
    record.batches.push([seqs?.[i] ?? 0, received?.[i] ?? 0, applied?.[i] ?? 0]);
  }
  const records = [...told.values()];
  if (records[0] !== undefined) records[0].dropped = dropped;
  return records;
}
