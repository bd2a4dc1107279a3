/** The text of docs/reference/scenario.md, from the schema itself. */
import { scenarioJsonSchema } from "./scenario-schema.js";

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** A limit that stands for "none". */
const UNLIMITED = 2 ** 31;

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map(typeOf))].join(" or ");
  if (schema.prefixItems) return `[${schema.prefixItems.map(typeOf).join(", ")}]`;
  if (schema.type === "array") return `list of ${schema.items ? typeOf(schema.items) : "values"}`;
  const { minimum, maximum } = schema;
  const least = minimum !== undefined && minimum > -UNLIMITED ? ` ≥ ${minimum}` : "";
  const most = maximum !== undefined && maximum < UNLIMITED ? ` ≤ ${maximum}` : "";
  return `${schema.type ?? "value"}${least}${most}`;
}

function rows(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const path = `${prefix}${key}`;
    const inner = property.properties ? property : undefined;
    const standard = property.default === undefined ? "" : `\`${JSON.stringify(property.default)}\``;
    const need = schema.required?.includes(key) && property.default === undefined ? "required" : standard;
    const row = `| \`${path}\` | ${typeOf(property)} | ${inner ? "" : need} | ${property.description ?? ""} |`;
    return inner ? rows(inner, `${path}.`) : [row];
  });
}

const HEAD = ["| key | value | default | meaning |", "| --- | --- | --- | --- |"];

/** Variants of a list that are told apart by one key (`do` of steps, `kind` of workloads): a table each. */
function variants(list: readonly Schema[], tag: string): string[] {
  return list.flatMap((variant) => {
    const name = String(variant.properties?.[tag]?.const);
    const lines = rows(variant, "").filter((row) => !row.startsWith(`| \`${tag}\` `));
    return [`### \`${name}\``, "", ...(variant.description ? [variant.description, ""] : []), ...HEAD, ...lines, ""];
  });
}

function optionsOf(schema: Schema | undefined): readonly Schema[] {
  return schema?.oneOf ?? schema?.anyOf ?? [];
}

export function scenarioPage(): string {
  const schema = scenarioJsonSchema() as Schema;
  const { steps, workload, fleet, faults, ...rest } = schema.properties ?? {};
  return [
    "# Scenario files",
    "",
    "Strict YAML: an unknown key is an error with file, line and column. Durations are texts such as `250ms`, `8s`, `2m`. Generated from",
    "`src/campaign/schema`; `kvproof scenario schema` prints the same as JSON Schema for editors.",
    "",
    ...HEAD,
    ...rows({ properties: rest, required: schema.required ?? [] }, ""),
    "",
    "## `fleet`: a list, one entry per kind of engine",
    "",
    ...(fleet?.description ? [`${fleet.description}.`, ""] : []),
    ...HEAD,
    ...rows(fleet?.items ?? {}, ""),
    "",
    "## `workload`: one, or a list",
    "",
    ...variants(optionsOf(optionsOf(workload)[0]), "kind"),
    "## `steps`: the timetable",
    "",
    ...variants(optionsOf(steps?.items), "do"),
    "## `faults`: what breaks",
    "",
    "A fault begins `at` its time in the fault phase, is watched until something shows that it bites, lasts `for` its time, is taken back, and is",
    "watched until nothing of it is left. A fault without an effect makes the run `unknown`; one that stays makes it fail. Load and probes go on.",
    "What this machine cannot do is refused before anything starts, with the reason.",
    "",
    "```yaml",
    "phases: { steady: 3s, fault: 5s, heal: 2s }",
    "faults:",
    "  - { id: crash, kind: process.kill, target: engines/llama/1, at: 500ms, restart: in-place }",
    "```",
    "",
    ...variants(optionsOf(faults?.items), "kind"),
  ].join("\n");
}
