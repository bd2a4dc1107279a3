/** Names by which everything that the lab makes in a cluster is found again. */
export const LABEL = {
  managedBy: "app.kubernetes.io/managed-by",
  runId: "kvproof.dev/run-id",
  /** engine, gateway, relay, stress */
  role: "kvproof.dev/role",
} as const;

export const ANNOTATION = {
  /** Name of the engine, `<model>/<n>`: labels cannot hold a slash. */
  engine: "kvproof.dev/engine",
  scenario: "kvproof.dev/scenario",
  /** ISO time after which `kvproof kubernetes gc` deletes the namespace. */
  expiresAt: "kvproof.dev/expires-at",
} as const;

export const MANAGED_BY = "kvproof";

/** How long a namespace may outlive its run, at most. */
export const NAMESPACE_TTL_MS = 2 * 60 * 60 * 1000;
