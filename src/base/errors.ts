/**
 * Every error a user can meet, with a stable code. A message says what was awaited, for how long, on what, what was seen
 * last; the catalogue says what to do. `docs/reference/errors.md` is generated from this file.
 */

/** Exit codes of the command line (docs/reference/exit-codes.md). */
export const ExitCode = {
  pass: 0,
  violated: 1,
  inconclusive: 2,
  threshold: 3,
  usage: 64,
  unavailable: 69,
  internal: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

interface CatalogueEntry {
  readonly exit: ExitCode;
  readonly meaning: string;
  readonly remedy: string;
}

export const errorCatalogue = {
  // Usage: the user gave something we cannot accept.
  KVP_E_USAGE: { exit: 64, meaning: "The command line is wrong.", remedy: "See `kvproof help <command>`." },
  KVP_E_FILE_NOT_FOUND: { exit: 64, meaning: "A named file or folder does not exist.", remedy: "Check the path." },
  KVP_E_OUT_UNWRITABLE: {
    exit: 64,
    meaning: "A folder for results cannot be created.",
    remedy: "Choose another folder with `--out`, or check your rights.",
  },
  KVP_E_SCENARIO_SYNTAX: {
    exit: 64,
    meaning: "A scenario is not valid YAML.",
    remedy: "Fix the place the message names.",
  },
  KVP_E_SCENARIO_INVALID: {
    exit: 64,
    meaning: "A scenario has an unknown key, an unknown name or a value out of range.",
    remedy: "Fix the place the message names; `kvproof scenario validate` checks without running.",
  },
  KVP_E_SCENARIO_IMPOSSIBLE: {
    exit: 64,
    meaning: "The chosen lab or system under test cannot do what the scenario asks.",
    remedy: "Use a lab that can, or drop the step the message names.",
  },
  KVP_E_UNKNOWN_PROPERTY: { exit: 64, meaning: "No property has this id.", remedy: "See docs/properties.md." },
  KVP_E_HISTORY_INVALID: {
    exit: 64,
    meaning: "A run directory or history file is damaged or of another version.",
    remedy: "Use the kvproof version that wrote it, or record again.",
  },
  KVP_E_BASELINE_UNKNOWN: {
    exit: 64,
    meaning: "What was named as a build to compare is no folder, package or git ref.",
    remedy: "Name a git ref of this repository, a checkout, or an npm tarball.",
  },
  KVP_E_TRACE_INVALID: {
    exit: 64,
    meaning: "A trace or recording of event streams is damaged, cut off, or of a newer version.",
    remedy: "Record again, or read a cut one as far as it goes with `--cut`.",
  },
  // Environment: the machine lacks something.
  KVP_E_TRACE_UNWRITABLE: {
    exit: 69,
    meaning: "A trace could not be written to its end.",
    remedy: "Make room or choose another file with `--out`; the partial file can be read with `--cut`.",
  },
  KVP_E_ADDRESS_IN_USE: {
    exit: 69,
    meaning: "A socket could not be bound because another process has the address.",
    remedy: "Stop that process or choose another address or port (0 = chosen by the system).",
  },
  KVP_E_BIND: {
    exit: 69,
    meaning: "A socket could not be bound.",
    remedy: "Check the address, the port and your rights.",
  },
  KVP_E_ENGINE_NOT_READY: {
    exit: 69,
    meaning: "An engine did not become ready in time.",
    remedy: "Read its log, which the message names.",
  },
  KVP_E_VLLM_UNAVAILABLE: {
    exit: 69,
    meaning: "Engines of a run are to be real vLLM, and no Python that has it was named.",
    remedy: "Set KVPROOF_VLLM_PYTHON to one in whose environment vLLM is installed; see docs/testing/e2e-guide.md.",
  },
  KVP_E_SUT_UNAVAILABLE: {
    exit: 69,
    meaning: "The system under test did not start, exited, or does not answer.",
    remedy: "Read its log, which the message names.",
  },
  KVP_E_SUT_EXITED: {
    exit: 69,
    meaning: "The system under test ended in the middle of a run, or with an error when it was told to stop.",
    remedy: "Read its log, which the message names.",
  },
  KVP_E_SUT_HUNG: {
    exit: 69,
    meaning: "The system under test left a request unanswered for too long, or did not end when told to.",
    remedy: "Read its log, which the message names; `--sut-timeout` gives it more time for an answer.",
  },
  KVP_E_SUT_PROTOCOL: {
    exit: 69,
    meaning: "The system under test answered something else than the driver protocol or its HTTP API says.",
    remedy: "Compare the answer with docs/testing/other-systems.md.",
  },
  KVP_E_SUT_REFUSED: {
    exit: 69,
    meaning: "The system under test answered with an error where the run cannot go on without it.",
    remedy: "The message quotes it; read its log.",
  },
  KVP_E_PROCESS_EXITED: { exit: 69, meaning: "A process of the lab ended unexpectedly.", remedy: "Read its log." },
  KVP_E_HOST: {
    exit: 69,
    meaning: "The machine refused what a host fault or a network namespace needs, or gave up less than asked.",
    remedy: "Read the message; docs/testing/host-faults.md says what each needs and how to clean up by hand.",
  },
  KVP_E_CHAOS_MESH: {
    exit: 69,
    meaning: "Chaos Mesh is not in the cluster, did not do what it was told, or did not take it back.",
    remedy: "Install Chaos Mesh 2.8.3 (docs/testing/chaos-mesh.md says how), or use the built-in injector.",
  },
  KVP_E_CLUSTER_CONTEXT: {
    exit: 64,
    meaning: "The Kubernetes context was not named as one that may be used, or does not exist.",
    remedy: "Say `--yes-this-cluster <context>` if it is meant; `kubectl config get-contexts` lists them.",
  },
  KVP_E_CLUSTER_UNREACHABLE: {
    exit: 69,
    meaning: "No cluster is configured, or its API server does not answer.",
    remedy: "Check KVPROOF_KUBECONFIG, KUBECONFIG or ~/.kube/config; `kvproof cluster up` makes a cluster.",
  },
  KVP_E_CLUSTER_TOOL: {
    exit: 69,
    meaning: "kind or k3d is not installed, failed, or took too long.",
    remedy:
      "Install kind or k3d, and Docker; or use a cluster that exists: name it with KVPROOF_KUBECONFIG and `--yes-this-cluster`, and ask `kvproof cluster status`.",
  },
  KVP_E_CLUSTER_NOT_OURS: {
    exit: 64,
    meaning: "There is a cluster named kvproof that `kvproof cluster up` did not make.",
    remedy: "Delete it by hand if it is meant, or use it as it is with `--context` and `--yes-this-cluster`.",
  },
  KVP_E_CLUSTER_DENIED: {
    exit: 69,
    meaning: "The cluster does not allow this user what the lab needs.",
    remedy: "`kvproof kubernetes rbac` prints what is needed; ask for it, or use another context.",
  },
  KVP_E_CLUSTER_IMAGE: {
    exit: 69,
    meaning: "A node has no image of kvproof and cannot fetch it.",
    remedy: "Load it (`kvproof cluster up` does, as does `kind load docker-image`), or name another with `--image`.",
  },
  KVP_E_CLUSTER: {
    exit: 69,
    meaning: "The cluster refused something, or something in it did not become as it should in time.",
    remedy: "The message says what was seen last; `kubectl describe` in the run's namespace tells more.",
  },
  KVP_E_NOT_BUILT: { exit: 69, meaning: "dist/ is missing.", remedy: "Run `npm run build`." },
  KVP_E_BASELINE_BUILD: {
    exit: 69,
    meaning: "A build to compare with could not be made.",
    remedy: "The message quotes what failed; build it by hand to see all of it.",
  },
  KVP_E_RESULT_UNWRITABLE: {
    exit: 69,
    meaning: "Results of a benchmark could not be written to their end: no room, or the device failed.",
    remedy: "Make room and run again; what was measured before that is in the file that the message names.",
  },
  KVP_E_BENCHMARK_FAILED: {
    exit: 1,
    meaning: "A benchmark process failed, answered wrongly, or did no work.",
    remedy: "Run `npm run bench:core` in that build.",
  },
  // Protocol: bytes from a peer are wrong. These are counted and reported; they do not end a process.
  KVP_E_MSGPACK_TRUNCATED: {
    exit: 70,
    meaning: "MessagePack ends in the middle of a value.",
    remedy: "Check the publisher.",
  },
  KVP_E_MSGPACK_INVALID: { exit: 70, meaning: "A byte is not valid MessagePack here.", remedy: "Check the publisher." },
  KVP_E_MSGPACK_LIMIT: {
    exit: 70,
    meaning: "MessagePack announces more data or deeper nesting than the limits allow.",
    remedy: "Check the publisher; raise the limit if it is right.",
  },
  KVP_E_MSGPACK_TYPE: {
    exit: 70,
    meaning: "MessagePack holds another type than the schema.",
    remedy: "Check the publisher.",
  },
  KVP_E_EVENT_INVALID: {
    exit: 70,
    meaning: "A KV event lacks a field or contradicts itself.",
    remedy: "Check the publisher.",
  },
  KVP_E_BATCH_INVALID: { exit: 70, meaning: "A KV event batch is not decodable.", remedy: "Check the publisher." },
  KVP_E_FRAME_COUNT: { exit: 70, meaning: "A message has a wrong number of frames.", remedy: "Check the publisher." },
  KVP_E_FRAME_INVALID: {
    exit: 70,
    meaning: "A frame of a message has a wrong size or content.",
    remedy: "Check the publisher.",
  },
  KVP_E_ZMTP_GREETING: { exit: 70, meaning: "The peer does not speak ZMTP 3.", remedy: "Check the address and port." },
  KVP_E_ZMTP_MECHANISM: {
    exit: 70,
    meaning: "The peer asks for a security mechanism that is not supported.",
    remedy: "Use NULL on a trusted network.",
  },
  KVP_E_LINK: {
    exit: 69,
    meaning: "A connection to an engine's events or replay port could not be made, broke, or fell silent.",
    remedy: "Check that the engine runs and that the address and port are right; it is tried again by itself.",
  },
  KVP_E_ZMTP_FRAME: { exit: 70, meaning: "A ZMTP frame breaks the protocol or its limits.", remedy: "Check the peer." },
  // HTTP surfaces.
  KVP_E_BAD_REQUEST: { exit: 64, meaning: "A request body or parameter is wrong.", remedy: "See docs/reference." },
  KVP_E_UNAUTHORIZED: {
    exit: 64,
    meaning: "The token is missing or wrong.",
    remedy: "Send `authorization: Bearer <token>`.",
  },
  KVP_E_NOT_FOUND: { exit: 64, meaning: "No such route or object.", remedy: "See docs/reference." },
  KVP_E_UNKNOWN_CONTROL: { exit: 64, meaning: "No such lab control or quirk.", remedy: "GET /lab lists them." },
  KVP_E_BODY_TOO_LARGE: {
    exit: 64,
    meaning: "A body is larger than the limit.",
    remedy: "Send less, or raise the limit.",
  },
  KVP_E_NO_ENGINE: {
    exit: 69,
    meaning: "No engine can serve the request.",
    remedy: "Register an engine of that model.",
  },
  KVP_E_UPSTREAM: { exit: 69, meaning: "An engine failed while serving.", remedy: "Read the engine's log." },
  // General.
  KVP_E_LIMIT: {
    exit: 70,
    meaning: "A named limit was reached.",
    remedy: "Raise the limit the message names, or send less.",
  },
  KVP_E_TIMEOUT: {
    exit: 69,
    meaning: "A wait ended without what it awaited.",
    remedy: "The message says what was seen last.",
  },
  KVP_E_INTERNAL: { exit: 70, meaning: "A defect of kvproof.", remedy: "Report it with the stack." },
  KVP_E_INTERRUPTED: { exit: 130, meaning: "Interrupted by the user.", remedy: "Nothing; what existed was written." },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The root of all our errors. `details` is for machines (JSON-safe, no secrets). */
export class KvproofError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.details = options.details ?? {};
  }
  get exitCode(): ExitCode {
    return errorCatalogue[this.code].exit;
  }
  get remedy(): string {
    return errorCatalogue[this.code].remedy;
  }
}

/** The user gave something we cannot accept. */
export class UsageError extends KvproofError {}
/** The machine, the lab or a process is not as needed. */
export class UnavailableError extends KvproofError {}
/** Bytes from a peer are wrong. */
export class ProtocolError extends KvproofError {}
/** A wait reached its limit. */
export class TimeoutError extends KvproofError {}

/** A defect of ours: a state that the code rules out. */
export class InternalError extends KvproofError {
  constructor(message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super("KVP_E_INTERNAL", message, options);
  }
}

/** Throws {@link InternalError} unless `condition` holds. For what cannot be false, not for what peers send. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** One line for people: `KVP_E_X: what happened. Remedy.` */
export function describeError(thrown: unknown): string {
  const { message } = asError(thrown);
  const code = thrown instanceof KvproofError ? thrown.code : "KVP_E_INTERNAL";
  return `${code}: ${message}${/[.!?]$/.test(message) ? "" : "."} ${errorCatalogue[code].remedy}`;
}
