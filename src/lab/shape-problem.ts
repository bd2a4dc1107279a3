/** What is wrong with a value from another program, in one line: `url: expected string, received undefined`. */
import type { z } from "zod";

export function shapeProblem(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.join(".") || "value"}: ${message.replace(/^Invalid input: /, "")}`)
    .join("; ");
}
