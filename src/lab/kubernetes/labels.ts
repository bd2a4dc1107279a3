/** Names by which everything that the lab makes in a cluster is found again. */
export const LABEL = {
  managedBy: "app.kubernetes.io/managed-by",
  runId: "kvproof.dev/run-id",
  /** engine, gateway, relay, stress */
  role: "kvproof.dev/role",
  /** "yes": the gateway may find it, where it discovers engines by itself. */
  member: "kvproof.dev/member",
} as const;

/** Label selector of engines that a discovering gateway is to know. */
export const MEMBERS = `${LABEL.role}=engine,${LABEL.member}=yes`;

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
