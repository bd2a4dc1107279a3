/** A defect that a real system shipped, or an anomaly that an index must survive. */
export interface KnownDefect {
  readonly id: string;
  readonly what: string;
  /** Why no seeded defect of a gateway can stand for it; absent: one must. */
  readonly notSeeded?: string;
}
