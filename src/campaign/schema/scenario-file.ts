/** Reads a scenario file. What is wrong with it is said as `file:line:column path: problem (did you mean …?)`. */
import { readFileSync } from "node:fs";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { didYouMean, nearestName } from "../../base/did-you-mean.js";
import { asError, UsageError } from "../../base/errors.js";
import { knownKeys, knownValues } from "./known-names.js";
import { type Scenario, scenarioSchema } from "./scenario-schema.js";

type Path = readonly PropertyKey[];

/** Where things stand in the file, for problems found later (planning). */
export interface ScenarioSource {
  readonly file: string;
  readonly scenario: Scenario;
  /** `file:line:column` of the value at `path`. */
  locate(path: Path): string;
  /** The same of the key that stands before that value. */
  locateKey(path: Path): string;
}

interface Places {
  /** `file:line:column` of the value at `path`, or of its key `key`. */
  of(path: Path, key?: string): string;
  /** What the author wrote there. */
  typed(path: Path): string;
}

interface Problem {
  readonly text: string;
  /** Path of a key that is missing, or of the key that an unknown one was probably meant to be. */
  readonly missing?: string;
  readonly meant?: string;
}

const MAX_PROBLEMS_SHOWN = 10;

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_SCENARIO_SYNTAX or KVP_E_SCENARIO_INVALID */
export function readScenarioFile(file: string): ScenarioSource {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `scenario ${file} cannot be read`, { cause });
  }
  return parseScenario(text, file);
}

export function parseScenario(text: string, file: string): ScenarioSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const syntaxError = document.errors[0];
  if (syntaxError !== undefined) {
    const { line, col } = lines.linePos(syntaxError.pos[0]);
    const [problem = ""] = syntaxError.message.split(/ at line \d+, column \d+:|\n/);
    throw new UsageError("KVP_E_SCENARIO_SYNTAX", `${file}:${line}:${col} ${problem}`);
  }
  const place: Places = {
    of: (path, key) => {
      const { line, col } = lines.linePos(offsetOf(document, path, key));
      return `${file}:${line}:${col}`;
    },
    typed: (path) => String(document.getIn(path)),
  };
  const parsed = scenarioSchema.safeParse(valueOf(document, file));
  if (!parsed.success) throw invalid(parsed.error.issues, place);
  return {
    file,
    scenario: parsed.data,
    locate: (path) => place.of(path),
    locateKey: (path) => place.of(path.slice(0, -1), String(path.at(-1))),
  };
}

/** The limit on aliases is the yaml library's own (100). */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new UsageError("KVP_E_SCENARIO_SYNTAX", `${file}:1:1 ${asError(cause).message}`, { cause });
  }
}

function invalid(issues: readonly z.core.$ZodIssue[], place: Places): UsageError {
  const found = issues.flatMap((issue) => explain(issue, [], place));
  const meant = new Set(found.flatMap((problem) => problem.meant ?? []));
  // A key that was misspelt is one mistake, not a missing key and an unknown one.
  const problems = found.filter(({ missing }) => missing === undefined || !meant.has(missing)).map(({ text }) => text);
  const shown = problems.slice(0, MAX_PROBLEMS_SHOWN);
  const more = problems.length > shown.length ? `\n… and ${problems.length - shown.length} more` : "";
  return new UsageError("KVP_E_SCENARIO_INVALID", shown.join("\n") + more, { details: { problems } });
}

function explain(issue: z.core.$ZodIssue, base: Path, place: Places): Problem[] {
  const path = [...base, ...issue.path];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(path, key, place));
  if (issue.code === "invalid_union") {
    const branch = nearestBranch(issue.errors);
    if (branch !== null) return branch.flatMap((inner) => explain(inner, path, place));
    const options = knownValues(path);
    const text = `one of ${options.join(", ")}${didYouMean(place.typed(path), options)}`;
    return [{ text: `${place.of(path)} ${dotted(path)}: ${text}` }];
  }
  const text = `${place.of(path)} ${dotted(path)}: ${problemOf(issue)}`;
  return [NOTHING_GIVEN.test(issue.message) ? { text, missing: dotted(path) } : { text }];
}

function unknownKey(path: Path, key: string, place: Places): Problem {
  const known = knownKeys(path);
  const text = `${place.of(path, key)} ${dotted([...path, key])}: unknown key${didYouMean(key, known)}`;
  const meant = nearestName(key, known);
  return meant === null ? { text } : { text, meant: dotted([...path, meant]) };
}

const NOTHING_GIVEN = /^Invalid input: expected (\w+), received undefined$/;

/** Of a union, the branch that came furthest: it is what the author meant. */
function nearestBranch(errors: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | null {
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map((issue) => issue.path.length));
  return errors.reduce<readonly z.core.$ZodIssue[] | null>(
    (best, branch) => (branch.length > 0 && (best === null || depth(branch) > depth(best)) ? branch : best),
    null,
  );
}

function problemOf(issue: z.core.$ZodIssue): string {
  const long = "origin" in issue && issue.origin === "array" ? " long" : "";
  if (issue.code === "too_small")
    return `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}${long}`;
  if (issue.code === "too_big") return `must be ${issue.inclusive ? "at most" : "less than"} ${issue.maximum}${long}`;
  if (issue.code === "invalid_value")
    return `must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.join(", ")}`;
  return issue.message.replace(NOTHING_GIVEN, "is missing; expected $1").replace(/^Invalid input: /, "");
}

function dotted(path: Path): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text.replace(/^\./, "") || "(file)";
}

/** Offset of the key `key` of the map at `path`, or of the value at `path`, or of its nearest parent that exists. */
function offsetOf(document: Document, path: Path, key?: string): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (key !== undefined && isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (isScalar(pair?.key)) return pair.key.range?.[0] ?? 0;
  }
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  if (range) return range[0] ?? 0;
  return path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1));
}
