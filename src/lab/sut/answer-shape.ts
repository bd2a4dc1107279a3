/** Checks what a system under test answered over HTTP against what its documentation says. */
import type { z } from "zod";
import { UnavailableError } from "../../base/errors.js";
import { shapeProblem } from "../shape-problem.js";

/** @throws UnavailableError KVP_E_SUT_PROTOCOL, naming the path and what is wrong. */
export function parseAnswer<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnavailableError(
    "KVP_E_SUT_PROTOCOL",
    `${path} answered something else than documented: ${shapeProblem(parsed.error)}`,
  );
}
