/** A table in plain text: columns of numbers stand right, others left. */

const NUMBER = /^(\d+|–)$/;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => NUMBER.test(row[i] ?? "")));
  return all.map((row) =>
    row
      .map((cell, i) => (right[i] ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)))
      .join("  ")
      .trimEnd(),
  );
}
