/**
 * The relay process: commands in on standard input, answers and news out on standard output, until it is told to end. In a pod
 * the same lines go over a TCP port, one lab at a time, whose first line is the lab's token.
 */
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { systemClock } from "../../../base/clock.js";
import { asError, KvproofError, UsageError } from "../../../base/errors.js";
import { guardParent } from "../../../base/parent-guard.js";
import { Rng } from "../../../base/rng.js";
import { type RelayEvent, relayRequest } from "./control.js";
import { RELAY_LIMITS } from "./limits.js";
import { RelayHub } from "./relay-hub.js";

export interface RelayOptions {
  readonly seed: number;
  /** Takes commands here instead of on standard input. */
  readonly control?: { readonly port: number; readonly token: string };
}

type Tell = (event: RelayEvent) => void;

/** Resolves when its lab has closed the control channel, is gone, or has sent SIGTERM. */
export async function runRelay({ seed, control }: RelayOptions): Promise<void> {
  let tell: Tell = (event) => void process.stdout.write(`${JSON.stringify(event)}\n`);
  const hub = new RelayHub({
    rng: new Rng(seed),
    nowMs: () => performance.now(),
    onBurnt: (engine, rank, seq, epoch) => tell({ event: "burnt", at: systemClock.nowNs(), engine, rank, epoch, seq }),
    onNote: (text) => tell({ event: "note", text }),
  });
  const ended = new Promise<void>((resolve) => {
    process.once("SIGTERM", () => resolve());
    guardParent(process.env.KVPROOF_PARENT_PID, () => resolve());
    if (control !== undefined) return;
    const lines = createInterface({ input: process.stdin });
    lines.on("line", (line) => void answer(hub, line, tell));
    lines.once("close", resolve);
  });
  if (control === undefined) tell({ event: "ready" });
  else
    await listenTo(control, hub, (told) => {
      tell = told;
    });
  await ended;
  // Links that are up would keep the process; they end with it.
  process.exit(0);
}

/** News go to the lab that said its token last; what nobody hears goes to the log. */
function listenTo(
  { port, token }: NonNullable<RelayOptions["control"]>,
  hub: RelayHub,
  onLab: (tell: Tell) => void,
): Promise<void> {
  const server = createServer({ noDelay: true }, (socket: Socket) => {
    let known = false;
    socket.on("error", () => undefined);
    const tell: Tell = (event) => void socket.write(`${JSON.stringify(event)}\n`);
    createInterface({ input: socket }).on("line", (line) => {
      if (known) return void answer(hub, line, tell);
      if (line !== token) return void socket.destroy();
      known = true;
      onLab(tell);
      tell({ event: "ready" });
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "0.0.0.0", resolve);
  });
}

async function answer(hub: RelayHub, line: string, tell: Tell): Promise<void> {
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
