/** Who applies the printed role must be able to run, and to do nothing more. */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { permissionsOf, rbacManifests } from "./rbac.js";

interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly { readonly apiGroups: string[]; readonly resources: string[]; readonly verbs: string[] }[];
}

function objects(injector: "built-in" | "chaos-mesh"): RbacObject[] {
  const text = rbacManifests({ name: "runner", namespace: "ci", injector });
  return parseAllDocuments(text).map((document) => document.toJS() as RbacObject);
}

describe.each(["built-in", "chaos-mesh"] as const)("the role of a runner with the %s injector", (injector) => {
  const rules = objects(injector).find(({ kind }) => kind === "ClusterRole")?.rules ?? [];
  const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`))),
  );

  it("grants exactly what the lab checks before it begins", () => {
    const wanted = permissionsOf(injector).map(
      ({ verb, group = "", resource, subresource }) =>
        `${verb} ${group}/${resource}${subresource === undefined ? "" : `/${subresource}`}`,
    );
    expect([...granted].sort()).toEqual([...new Set(wanted)].sort());
  });

  it("grants no secrets, no roles and nothing by wildcard", () => {
    expect(granted.filter((one) => /\*|secrets|roles|serviceaccounts/.test(one))).toEqual([]);
  });

  it("is bound to the account that it is printed with", () => {
    expect(objects(injector).map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "ServiceAccount runner",
      "ClusterRole runner",
      "ClusterRoleBinding runner",
    ]);
  });
});
