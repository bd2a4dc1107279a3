/** Who causes faults in the Kubernetes lab: kvproof itself, or Chaos Mesh, which must be installed. */
export const INJECTORS = ["built-in", "chaos-mesh"] as const;
export type InjectorName = (typeof INJECTORS)[number];
