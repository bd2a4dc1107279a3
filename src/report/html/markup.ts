/** HTML pieces. Everything that comes from a run passes through {@link escapeHtml}. */
import { type AnyVerdict, VERDICT_SIGN, VERDICT_WORD } from "../format.js";

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Already escaped HTML, so that a table cell can hold markup on purpose. */
export interface Markup {
  readonly html: string;
}
export type Cell = string | number | Markup;

export const markup = (html: string): Markup => ({ html });

function cellHtml(cell: Cell): string {
  return typeof cell === "object" ? cell.html : escapeHtml(String(cell));
}

export function badge(verdict: AnyVerdict): Markup {
  return markup(`<span class="badge ${verdict}">${VERDICT_SIGN[verdict]} ${VERDICT_WORD[verdict]}</span>`);
}

function isNumeric(cell: Cell | undefined): boolean {
  if (typeof cell === "number") return true;
  return typeof cell === "string" && /^-?\d[\d.,]*( ?(ms|s|B|KiB|MiB|GiB|%))?$/.test(cell);
}

/** A table that scrolls inside its own box on a small screen. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], caption?: string): string {
  // A column whose first filled cell is a number is set right, heading and all.
  const right = head.map((_, column) =>
    isNumeric(rows.map((row) => row[column]).find((cell) => cell !== "" && cell !== "–")),
  );
  const align = (column: number): string => (right[column] ? ' class="num"' : "");
  const title = caption ? `<caption>${escapeHtml(caption)}</caption>` : "";
  const header = head.map((name, column) => `<th scope="col"${align(column)}>${escapeHtml(name)}</th>`).join("");
  const cell = (value: Cell, column: number): string => `<td${align(column)}>${cellHtml(value)}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n");
  return `<div class="scroll"><table>${title}<thead><tr>${header}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** What a chart shows, as numbers, behind a click that needs no JavaScript. */
export function dataTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const shown = rows.slice(0, MAX_DATA_ROWS);
  const note =
    rows.length > shown.length
      ? `<p class="muted">First ${shown.length} of ${rows.length} rows; all are in the run directory.</p>`
      : "";
  return `<details class="data"><summary>Data table</summary>${table(head, shown)}${note}</details>`;
}
const MAX_DATA_ROWS = 400;

export function section(id: string, title: string, body: string, lead = ""): string {
  return `<section id="${id}"><h2>${escapeHtml(title)}</h2>${lead ? `<p class="lead">${escapeHtml(lead)}</p>` : ""}${body}</section>`;
}

/** Pretty JSON of a proof, escaped. */
export function jsonBlock(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 1))}</pre>`;
}
