/** The result of a recording, for people. */
import type { Recorded } from "../record.js";
import type { StreamTotals } from "../trace/trace-totals.js";
import { table } from "./table.js";

export function recordedLines({ totals, holes, silent }: Recorded, out: string): string[] {
  const rows = totals.map((one) => [
    one.name,
    numbers(one),
    String(one.batches),
    String(one.replayed),
    String(one.lives),
    String(one.missing),
  ]);
  const lines = table(["stream", "numbers", "batches", "by replay", "lives", "missing"], rows);
  for (const { engine, rank, events } of silent)
    lines.push(`no connection: ${engine}#${rank} (${events}) was never reached`);
  for (const { name, first, batches } of totals) {
    if (batches > 0 && first !== null && first > 0)
      lines.push(`late: ${name} begins at number ${first}; what came before is not kept by its publisher`);
  }
  for (const hole of holes) {
    const { name } = totals[hole.stream] as StreamTotals;
    lines.push(
      `missing: ${name} life ${hole.life}, ${hole.from === hole.to ? hole.from : `${hole.from} to ${hole.to}`} (${hole.why})`,
    );
  }
  const batches = totals.reduce((sum, one) => sum + one.batches, 0);
  lines.push(
    batches === 0
      ? `nothing was recorded (${out})`
      : `${batches} batches in ${out}${holes.length === 0 ? ", no number missing" : ""}`,
  );
  return lines;
}

function numbers({ first, last, lives }: StreamTotals): string {
  if (first === null || last === null) return "–";
  return lives > 1 ? `${first}, … ${last}` : `${first} to ${last}`;
}
