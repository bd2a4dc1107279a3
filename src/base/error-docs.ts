/** The text of docs/reference/errors.md. */
import { errorCatalogue } from "./errors.js";

export function errorsPage(): string {
  const rows = Object.entries(errorCatalogue)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([code, { exit, meaning, remedy }]) => `| \`${code}\` | ${exit} | ${meaning} | ${remedy} |`);
  return [
    "# Errors",
    "",
    "Every error has a code that does not change. The exit code is what the command line ends with when the error ends it;",
    "errors of the protocol family are counted and reported, and end nothing. Generated from `src/base/errors.ts`.",
    "",
    "| code | exit | meaning | what to do |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
