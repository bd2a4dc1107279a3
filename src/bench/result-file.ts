/** Files of results: what fails because of the place named is the user's to change, what fails for lack of room is the machine's. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { asError, UnavailableError, UsageError } from "../base/errors.js";

const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO"]);

/** @throws UsageError KVP_E_OUT_UNWRITABLE, UnavailableError KVP_E_RESULT_UNWRITABLE */
export function writeResult(file: string, text: string): void {
  attempt(file, () => writeFileSync(file, text));
}
/** As {@link writeResult}, at the end of what is there. */
export function appendResult(file: string, text: string): void {
  attempt(file, () => appendFileSync(file, text));
}

function attempt(file: string, write: () => void): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    write();
  } catch (cause) {
    const { message, code } = asError(cause) as NodeJS.ErrnoException;
    if (code !== undefined && NO_ROOM.has(code))
      throw new UnavailableError("KVP_E_RESULT_UNWRITABLE", `${file}: ${message}`, { cause });
    throw new UsageError("KVP_E_OUT_UNWRITABLE", `${file}: ${message}`, { cause });
  }
}
