/**
 * Our own statement of what we may send to Chaos Mesh. The API server drops unknown fields in silence and its schema knows
 * nothing of the rules of Chaos Mesh's webhooks (which action needs which part, units of rates, targets of directions), so
 * both are checked here before anything is created.
 */
import { z } from "zod";
import { InternalError } from "../../../base/errors.js";
import { CHAOS_API_VERSION, type ChaosKind, type ChaosManifest, type ChaosSpec } from "./manifest.js";

const dnsName = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, { error: "a DNS-1123 label" });
const percent = z.string().regex(/^(100|\d{1,2})(\.\d+)?$/, { error: "a percentage as a string" });
const goDuration = z.string().regex(/^\d+(\.\d+)?(ms|s|m|h)$/, { error: "a Go duration" });
const signedDuration = z.string().regex(/^-?\d+(\.\d+)?(ms|s|m|h)$/, { error: "a signed Go duration" });
/** `bps` and its like would be bytes per second; we only write bits. */
const rate = z.string().regex(/^[1-9]\d*bit$/, { error: "a whole number of bits per second" });
const size = z.string().regex(/^[1-9]\d*MiB$/, { error: "a size in MiB" });

const selector = z
  .strictObject({
    namespaces: z.array(dnsName).length(1),
    pods: z.record(dnsName, z.array(z.string()).min(1)).optional(),
    expressionSelectors: z
      .array(z.strictObject({ key: z.string(), operator: z.literal("In"), values: z.array(z.string()).min(1) }))
      .min(1)
      .optional(),
  })
  .refine(({ pods, expressionSelectors }) => (pods === undefined) !== (expressionSelectors === undefined), {
    error: "names pods or labels, not both and not neither: an empty selector means the whole namespace",
  });

const chosen = {
  mode: z.enum(["all", "one", "fixed"]),
  value: z
    .string()
    .regex(/^[1-9]\d*$/)
    .optional(),
  selector,
};
const containerNames = z.array(dnsName).min(1);
const lasting = { ...chosen, duration: goDuration.optional() };

const link = {
  ...lasting,
  direction: z.enum(["to", "from", "both"]),
  // Without a target, the API server and the probes would be cut off, too.
  target: z.strictObject(chosen),
};
const network = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("partition"), ...link }),
  z.strictObject({
    action: z.literal("delay"),
    ...link,
    delay: z.strictObject({ latency: goDuration, jitter: goDuration.optional() }),
  }),
  z.strictObject({ action: z.literal("loss"), ...link, loss: z.strictObject({ loss: percent }) }),
  z.strictObject({
    action: z.literal("bandwidth"),
    ...link,
    bandwidth: z.strictObject({ rate, limit: z.int().min(1), buffer: z.int().min(1) }),
  }),
]);

const pod = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("pod-kill"), ...chosen, gracePeriod: z.int().min(0) }),
  z.strictObject({ action: z.literal("pod-failure"), ...lasting }),
  z.strictObject({ action: z.literal("container-kill"), ...chosen, containerNames }),
]);

const stress = z.strictObject({
  ...lasting,
  containerNames,
  stressors: z
    .strictObject({
      cpu: z.strictObject({ workers: z.int().min(1).max(8192), load: z.int().min(0).max(100) }).optional(),
      memory: z
        .strictObject({ workers: z.int().min(1).max(8192), size, oomScoreAdj: z.int().min(-1000).max(1000) })
        .optional(),
    })
    .refine(({ cpu, memory }) => cpu !== undefined || memory !== undefined, { error: "at least one stressor" }),
});

const io = z.strictObject({
  action: z.literal("fault"),
  ...lasting,
  containerNames,
  volumePath: z.string().startsWith("/"),
  path: z.string().startsWith("/"),
  errno: z.int().min(1),
  percent: z.int().min(1).max(100),
  methods: z.array(z.enum(["write", "create", "fallocate", "mkdir"])).min(1),
});

const time = z.strictObject({
  ...lasting,
  containerNames,
  timeOffset: signedDuration,
  clockIds: z.array(z.enum(["CLOCK_REALTIME"])).min(1),
});

/** By kind: the schema of `spec`. */
export const chaosSpecs = {
  NetworkChaos: network,
  PodChaos: pod,
  StressChaos: stress,
  IOChaos: io,
  TimeChaos: time,
} as const;

const metadata = z.strictObject({
  name: dnsName,
  namespace: dnsName,
  labels: z.record(z.string(), z.string().regex(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/)),
});

/** What is wrong with a manifest, one line per problem; empty = it may be sent. */
export function problemsOf({ apiVersion, kind, metadata: given, spec }: ChaosManifest): string[] {
  const about = z
    .strictObject({ apiVersion: z.literal(CHAOS_API_VERSION), metadata })
    .safeParse({ apiVersion, metadata: given });
  return [...linesOf(about.error), ...specProblems(kind, spec)];
}

/** The same of a spec alone, as it stands in schedules and workflows. */
export function specProblems(kind: ChaosKind, spec: ChaosSpec): string[] {
  const target = (spec as { target?: ChaosSpec }).target;
  const uncounted = [spec, ...(target === undefined ? [] : [target])].some(
    ({ mode, value }) => (mode === "fixed") !== (value !== undefined),
  );
  return [
    ...linesOf(chaosSpecs[kind].safeParse(spec).error),
    ...(uncounted ? ["value: belongs to mode fixed, and mode fixed needs it"] : []),
  ];
}

function linesOf(error: z.ZodError | undefined): string[] {
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** @throws InternalError: what we write ourselves is right, or it is a defect of ours. */
export function assertManifest(manifest: ChaosManifest): void {
  const problems = problemsOf(manifest);
  if (problems.length > 0)
    throw new InternalError(`${manifest.kind} ${manifest.metadata.name} is not valid: ${problems.join("; ")}`);
}
