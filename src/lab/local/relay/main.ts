/** The relay process: commands in on standard input, answers and news out on standard output, until it is told to end. */
import { createInterface } from "node:readline";
import { systemClock } from "../../../base/clock.js";
import { asError, KvproofError, UsageError } from "../../../base/errors.js";
import { guardParent } from "../../../base/parent-guard.js";
import { Rng } from "../../../base/rng.js";
import { type RelayEvent, relayRequest } from "./control.js";
import { RELAY_LIMITS } from "./limits.js";
import { RelayHub } from "./relay-hub.js";

/** Resolves when its lab has closed the control channel, is gone, or has sent SIGTERM. */
export async function runRelay(seed: number): Promise<void> {
  const hub = new RelayHub({
    rng: new Rng(seed),
    nowMs: () => performance.now(),
    onBurnt: (engine, rank, seq, epoch) => tell({ event: "burnt", at: systemClock.nowNs(), engine, rank, epoch, seq }),
    onNote: (text) => tell({ event: "note", text }),
  });
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => void answer(hub, line));
  const ended = new Promise<void>((resolve) => {
    lines.once("close", resolve);
    process.once("SIGTERM", () => resolve());
    guardParent(process.env.KVPROOF_PARENT_PID, () => resolve());
  });
  tell({ event: "ready" });
  await ended;
  // Links that are up would keep the process; they end with it.
  process.exit(0);
}

async function answer(hub: RelayHub, line: string): Promise<void> {
  let id = -1;
  try {
    if (line.length > RELAY_LIMITS.lineBytes)
      throw new UsageError("KVP_E_BAD_REQUEST", `a command exceeds lineBytes = ${RELAY_LIMITS.lineBytes}`);
    const message = JSON.parse(line) as { readonly id?: unknown };
    if (typeof message.id === "number") id = message.id;
    const { command } = relayRequest.parse(message);
    tell({ event: "done", id, result: await hub.carryOut(command) });
  } catch (thrown) {
    const code = thrown instanceof KvproofError ? thrown.code : "KVP_E_INTERNAL";
    tell({ event: "failed", id, code, message: asError(thrown).message });
  }
}

function tell(event: RelayEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
