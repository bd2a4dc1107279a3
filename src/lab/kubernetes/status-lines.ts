/** A cluster's status as people read it. Pure. */
import type { ClusterStatus } from "./cluster-status.js";

export function statusLines(status: ClusterStatus): string[] {
  const { context, server, version, permissions, problems } = status;
  const beyond = [
    `node drains: ${permissions.drain ? "yes" : "no"}`,
    `discovery: ${permissions.discover ? "yes" : "no"}`,
    `Chaos Mesh: ${permissions.chaosMesh ? "yes" : "no"}`,
  ].join(", ");
  return [
    `context      ${context} (${server}), Kubernetes ${version}${status.mayBeUsed ? "" : `; runs need --yes-this-cluster ${context}`}`,
    ...nodeLines(status),
    `permissions  ${permissions.missing.length === 0 ? "all that runs need" : `missing: ${permissions.missing.join(", ")}`}; ${beyond}`,
    `chaos mesh   ${chaosWords(status)}`,
    `image        ${imageWords(status)}`,
    ...leftoverLines(status),
    problems.length === 0 ? "ready for runs" : `not ready for runs: ${problems.join("; ")}`,
  ];
}

function nodeLines({ nodes }: ClusterStatus): string[] {
  if (nodes === null) return ["nodes        this user may not see them"];
  return nodes.map(({ name, version, ready, takesPods }) => {
    const state = ready ? (takesPods ? "ready" : "ready, but takes no pods") : "not ready";
    return `node         ${name}: ${state}, ${version}`;
  });
}

function chaosWords({ chaosMesh: { installed, missing, version } }: ClusterStatus): string {
  if (!installed) return "not installed (needed for --injector chaos-mesh only)";
  const lacking = missing.length === 0 ? "" : `; without ${missing.join(", ")}`;
  return `installed, version ${version ?? "unknown (its controller is not there, or not to be seen)"}${lacking}`;
}

function imageWords({ image: { name, has, lacks, silent } }: ClusterStatus): string {
  const parts = [
    ...(has.length === 0 ? [] : [`on ${has.join(", ")}`]),
    ...(lacks.length === 0 ? [] : [`not on ${lacks.join(", ")}`]),
    ...(silent.length === 0 ? [] : [`untold by ${silent.join(", ")}`]),
  ];
  return `${name}: ${parts.join("; ") || "unknown"}`;
}

function leftoverLines({ leftovers }: ClusterStatus): string[] {
  if (leftovers === null) return ["of ours      this user may not list namespaces"];
  if (leftovers.length === 0) return ["of ours      nothing"];
  return leftovers.map(({ namespace, until, expired }) => {
    const what = expired
      ? "its time is over; kvproof gc removes it"
      : `a run goes on, or left it; until ${until ?? "?"}`;
    return `of ours      namespace ${namespace}: ${what}`;
  });
}
