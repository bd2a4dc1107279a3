/** When a run's namespace stays, for people to look at. */
export const KEEP_NAMESPACE = ["never", "failure", "always"] as const;
export type KeepNamespace = (typeof KEEP_NAMESPACE)[number];
