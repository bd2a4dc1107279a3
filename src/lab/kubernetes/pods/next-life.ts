/**
 * One container after the other in the same pod: the first life starts at once, each later one when the lab has said with which
 * arguments. The lab can so end a process, look at what it left, and bring it back in place, restarted by the kubelet itself.
 *
 *   /state/life   number of the present life   /state/pid   process id of it, as the pod's containers see it
 *   /state/next   JSON array: arguments of the next life, which takes the file away
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { delay } from "../../../base/async.js";
import { UsageError } from "../../../base/errors.js";

/** A held life waits as long as its pod lives: the lab deletes what nobody needs. */
const LOOK_MS = 25;

export const STATE = { life: "life", pid: "pid", done: "done", next: "next" } as const;

/** Arguments of the life that begins now. */
export async function nextLife(state: string, first: readonly string[]): Promise<readonly string[]> {
  const life = Number(readOr(join(state, STATE.life), "0")) + 1;
  write(state, STATE.life, String(life));
  write(state, STATE.pid, String(process.pid));
  return life === 1 ? first : awaitArguments(join(state, STATE.next));
}

async function awaitArguments(file: string): Promise<readonly string[]> {
  for (;;) {
    const text = readOr(file, "");
    if (text !== "") {
      rmSync(file);
      return parse(file, text);
    }
    await delay(LOOK_MS);
  }
}

function parse(file: string, text: string): readonly string[] {
  const value: unknown = JSON.parse(text);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw new UsageError("KVP_E_USAGE", `${file} is no list of arguments`);
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}

/** Never seen half written. */
function write(state: string, name: string, text: string): void {
  const draft = join(state, `.${name}`);
  writeFileSync(draft, text);
  renameSync(draft, join(state, name));
}
