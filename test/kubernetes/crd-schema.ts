/**
 * Checks objects against the OpenAPI v3 schemas of custom resource definitions, as the API server does, but stricter in one
 * point: a field that the schema does not know is a problem, where the API server would drop it in silence. A keyword that this
 * file does not know is an error, so that no rule is passed over.
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { sharedPath } from "../shared.js";

export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
}

const NO_RULE = new Set(["description", "default", "x-kubernetes-list-type"]);
const RULES = new Set(
  "type properties required items additionalProperties enum pattern minimum maximum format".split(" "),
);
const INTEGER_BITS: Readonly<Record<string, number>> = { int32: 31, int64: 63 };
const FORMATS = new Set(["int32", "int64", "date-time"]);

export function crdSchema(kind: string): Schema {
  const file = sharedPath(`chaos-mesh-crds/${kind.toLowerCase()}.yaml`);
  const crd = parse(readFileSync(file, "utf8")) as {
    spec: { versions: readonly { name: string; schema: { openAPIV3Schema: Schema } }[] };
  };
  const [version] = crd.spec.versions;
  if (version?.name !== "v1alpha1") throw new Error(`${file}: the first version is ${version?.name}`);
  return version.schema.openAPIV3Schema;
}

/** One line per problem; empty = valid. */
export function violations(schema: Schema, value: unknown, path = ""): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !RULES.has(keyword) && !NO_RULE.has(keyword));
  if (unknown.length > 0) throw new Error(`${path}: unknown schema keyword ${unknown.join(", ")}`);
  if (schema.format !== undefined && !FORMATS.has(schema.format))
    throw new Error(`${path}: unknown format ${schema.format}`);
  if (!isOfType(schema.type, value)) return [`${path}: ${JSON.stringify(value)} is no ${schema.type}`];
  return [...valueProblems(schema, value, path), ...partProblems(schema, value, path)];
}

function isOfType(type: string | undefined, value: unknown): boolean {
  switch (type) {
    case undefined:
      return true;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "number":
    case "string":
    case "boolean":
      return typeof value === type;
    default:
      throw new Error(`unknown type ${type}`);
  }
}

function valueProblems(schema: Schema, value: unknown, path: string): string[] {
  const problems: string[] = [];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    problems.push(`${path}: ${String(value)} is none of ${schema.enum.join(", ")}`);
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value)))
    problems.push(`${path}: ${String(value)} does not match ${schema.pattern}`);
  if (typeof value === "number") {
    const most = Math.min(
      schema.maximum ?? Number.POSITIVE_INFINITY,
      2 ** (INTEGER_BITS[schema.format ?? ""] ?? 1023) - 1,
    );
    if (value < (schema.minimum ?? Number.NEGATIVE_INFINITY) || value > most)
      problems.push(`${path}: ${value} is out of range`);
  }
  return problems;
}

function partProblems(schema: Schema, value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? [] : value.flatMap((item, i) => violations(items, item, `${path}[${i}]`));
  }
  if (typeof value !== "object" || value === null) return [];
  const { properties = {}, additionalProperties, required = [] } = schema;
  const given = value as Record<string, unknown>;
  const missing = required.filter((key) => !(key in given)).map((key) => `${path}.${key}: is missing`);
  // `metadata: { type: object }` is the API server's own business.
  const open = schema.properties === undefined && additionalProperties === undefined;
  const parts = Object.entries(given).flatMap(([key, part]) => {
    const inner = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    if (typeof inner === "object") return violations(inner, part, `${path}.${key}`);
    return inner === true || open ? [] : [`${path}.${key}: unknown field`];
  });
  return [...missing, ...parts];
}
