/** Who applies the printed role must be able to run, and to do nothing more. */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { discoveryObjects, MODEL_OBJECT } from "./evidence/owned-objects.js";
import { permissionsOf, rbacManifests, type RunnerUse } from "./rbac.js";

interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly {
    readonly apiGroups: string[];
    readonly resources: string[];
    readonly resourceNames?: string[];
    readonly verbs: string[];
  }[];
}

function objects(use: RunnerUse): RbacObject[] {
  const text = rbacManifests({ name: "runner", namespace: "ci", ...use });
  return parseAllDocuments(text).map((document) => document.toJS() as RbacObject);
}

const USES: readonly RunnerUse[] = [
  { injector: "built-in" },
  { injector: "chaos-mesh" },
  { injector: "built-in", discover: true, drain: true },
];

describe.each(USES)("the role of a runner with $injector, discovery $discover, drains $drain", (use) => {
  const rules = objects(use).find(({ kind }) => kind === "ClusterRole")?.rules ?? [];
  const granted = rules.flatMap(({ apiGroups, resources, resourceNames = [""], verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        resourceNames.flatMap((name) => verbs.map((verb) => `${verb} ${group}/${resource} ${name}`)),
      ),
    ),
  );

  it("grants exactly what the lab checks before it begins", () => {
    const wanted = permissionsOf(use).map(
      ({ verb, group = "", resource, subresource, name = "" }) =>
        `${verb} ${group}/${resource}${subresource === undefined ? "" : `/${subresource}`} ${name}`,
    );
    expect([...granted].sort()).toEqual([...new Set(wanted)].sort());
  });

  it("grants no secrets, nothing by wildcard, and roles only where gateways are to discover engines", () => {
    const handsOn = ["serviceaccounts", "roles", "rolebindings"];
    const beyond = granted.filter((one) => /\*|secrets|roles|rolebindings|serviceaccounts/.test(one));
    expect(beyond.map((one) => one.replace(/ .*\//, " "))).toEqual(
      use.discover
        ? ["create", "get"].flatMap((verb) => handsOn.map((one) => `${verb} ${one} ${verb === "get" ? "gateway" : ""}`))
        : [],
    );
  });

  it("shows of ConfigMaps and accounts those that runs make, by name, and nobody else's", () => {
    const looks = granted.filter((one) =>
      /^(get|list|watch) .*(configmaps|serviceaccounts|roles|rolebindings) /.test(one),
    );
    const made = [MODEL_OBJECT, ...(use.discover ? discoveryObjects() : [])];
    expect(looks.map((one) => one.replace(/^get [^/]*\/(.*)s /, "$1 ")).sort()).toEqual(
      made.map(({ kind, name }) => `${kind.toLowerCase()} ${name}`).sort(),
    );
  });

  it("is bound to the account that it is printed with", () => {
    expect(objects(use).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "ServiceAccount runner",
      "ClusterRole runner",
      "ClusterRoleBinding runner",
    ]);
  });
});
