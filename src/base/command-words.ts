/** A command line → words, as a shell would split it: blanks separate, quotes and backslashes keep together. Nothing is expanded. */
import { UsageError } from "./errors.js";

const WORD = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gsy;
const PIECE = /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"'\\]+)/gs;

/** @throws UsageError KVP_E_USAGE for a quote that is not closed. */
export function commandWords(line: string): string[] {
  const words: string[] = [];
  for (let at = skipBlanks(line, 0); at < line.length; at = skipBlanks(line, at)) {
    WORD.lastIndex = at;
    const raw = WORD.exec(line)?.[0];
    if (raw === undefined) throw new UsageError("KVP_E_USAGE", `a quote is not closed in: ${line.slice(at)}`);
    words.push(unquoted(raw));
    at += raw.length;
  }
  return words;
}

function skipBlanks(line: string, from: number): number {
  let at = from;
  while (at < line.length && /\s/.test(line[at] as string)) at++;
  return at;
}

function unquoted(raw: string): string {
  return raw.replaceAll(PIECE, (_, escaped?: string, double?: string, single?: string, plain?: string) => {
    return escaped ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? single ?? plain ?? "";
  });
}
