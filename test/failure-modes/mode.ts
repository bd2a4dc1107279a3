/** One way in which something around KV events fails, and where this project lets it happen and looks on. */
export interface FailureMode {
  /** Stable: links and histories name it. */
  readonly id: string;
  readonly what: string;
  readonly by: readonly Cover[];
  /** Why nothing here can be made to fail in this way at all; it then counts in no share. */
  readonly notApplicable?: string;
  /** Why it is not covered although it could be. */
  readonly open?: string;
}

export type Cover =
  /** Every experiment that has such a fault: its kind, and the parameters that make it this one. */
  | { readonly fault: string; readonly with: Readonly<Record<string, unknown>>; readonly target?: "gateway" }
  /** End-to-end scenario or experiment by its id. */
  | { readonly scenario: string }
  /** Anomaly of the simulation. */
  | { readonly simulated: string }
  /** Test file, and the name of the test in it. */
  | { readonly test: string; readonly named: string };

export interface Section {
  readonly title: string;
  readonly lead: string;
  readonly modes: readonly FailureMode[];
}

export const fault = (kind: string, parameters: Readonly<Record<string, unknown>> = {}): Cover => ({
  fault: kind,
  with: parameters,
});
export const faultOfRouter = (kind: string, parameters: Readonly<Record<string, unknown>> = {}): Cover => ({
  ...fault(kind, parameters),
  target: "gateway",
});
export const scenario = (id: string): Cover => ({ scenario: id });
export const simulated = (kind: string): Cover => ({ simulated: kind });
export const test = (file: string, named: string): Cover => ({ test: file, named });
