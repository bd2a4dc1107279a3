/** Which keys and values the schema knows at a place, for suggestions. Read from its JSON Schema, so it cannot go stale. */
import { scenarioJsonSchema } from "./scenario-schema.js";

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly prefixItems?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly additionalProperties?: SchemaNode | boolean;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
}

export function knownKeys(path: readonly PropertyKey[]): string[] {
  return [...new Set(nodesAt(path).flatMap((node) => Object.keys(node.properties ?? {})))];
}

export function knownValues(path: readonly PropertyKey[]): string[] {
  return [
    ...new Set(nodesAt(path).flatMap((node) => (node.const === undefined ? (node.enum ?? []) : [node.const]))),
  ].map(String);
}

function nodesAt(path: readonly PropertyKey[]): SchemaNode[] {
  return path.reduce<SchemaNode[]>(
    (nodes, part) => nodes.flatMap((node) => alternatives(child(node, part))),
    alternatives(scenarioJsonSchema() as SchemaNode),
  );
}

function child(node: SchemaNode, part: PropertyKey): SchemaNode | undefined {
  if (typeof part === "number") return node.prefixItems?.[part] ?? node.items;
  const named = node.properties?.[String(part)];
  return named ?? (typeof node.additionalProperties === "object" ? node.additionalProperties : undefined);
}

function alternatives(node: SchemaNode | undefined): SchemaNode[] {
  if (node === undefined) return [];
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return inner.length === 0 ? [node] : inner.flatMap(alternatives);
}
