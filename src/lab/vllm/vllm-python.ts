/** The Python that real engines are started with. It is looked at before anything starts. */
import { accessSync, constants } from "node:fs";
import { spawnSync } from "node:child_process";
import { UnavailableError } from "../../base/errors.js";

export const PYTHON_VARIABLE = "KVPROOF_VLLM_PYTHON";
const LOOK_TIMEOUT_MS = 20_000;
/** Finds it without importing it, which takes seconds. */
const LOOK = "import importlib.util, sys; sys.exit(0 if importlib.util.find_spec('vllm') else 3)";

/** Its path. @throws UnavailableError KVP_E_VLLM_UNAVAILABLE with what is missing. */
export function vllmPython(environment: NodeJS.ProcessEnv = process.env): string {
  const python = environment[PYTHON_VARIABLE];
  if (python === undefined || python === "") throw unavailable(`${PYTHON_VARIABLE} is not set`);
  try {
    accessSync(python, constants.X_OK);
  } catch (cause) {
    throw unavailable(`${PYTHON_VARIABLE}=${python} is no program that can be started`, cause);
  }
  const { status, error, stderr } = spawnSync(python, ["-c", LOOK], {
    timeout: LOOK_TIMEOUT_MS,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status === 0) return python;
  const last = stderr?.trim().split("\n").at(-1) ?? "";
  const why = error?.message ?? (status === 3 ? "it has no package vllm" : `it ended with ${status}: ${last}`);
  throw unavailable(`${PYTHON_VARIABLE}=${python}: ${why}`);
}

function unavailable(problem: string, cause?: unknown): UnavailableError {
  return new UnavailableError("KVP_E_VLLM_UNAVAILABLE", problem, { cause });
}
