import { readFileSync } from "node:fs";

/** Of the running kernel: processes that read the same one share its monotonic clock. null where it cannot be read. */
export const bootId: string | null = readBootId();

function readBootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}
