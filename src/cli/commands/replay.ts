/** `kvproof replay <trace>`: publishes recorded streams again, over real sockets, to whatever listens. */
import { type Command, InvalidArgumentError } from "commander";
import { ExitCode } from "../../base/errors.js";
import type { ReplayOptions } from "../../streams/replay.js";
import { durationFlag, integerFlag } from "../flags.js";
import { orderlyInterrupts } from "../interrupts.js";

const DEFAULT_TOKEN_ENV = "KVPROOF_ADMIN_TOKEN";

interface Flags extends Omit<ReplayOptions, "signal" | "stay" | "cut" | "token" | "onEvent"> {
  readonly tokenEnv: string;
  readonly stay?: true;
  readonly cut?: true;
}

export function registerReplay(program: Command): void {
  program
    .command("replay")
    .description("publish recorded event streams again, over ZeroMQ, restarts included")
    .argument("<file>", "a trace, or a recording in JSON lines")
    .option("--speed <factor>", "times faster than recorded, or max", speed, 1)
    .option("--model <name>", "model that the engines say they serve", "replayed")
    .option("--host <address>", "address to bind", "127.0.0.1")
    .option("--port <port>", "first port: events, then replays (0 = chosen by the system)", integerFlag(0, 65_535), 0)
    .option("--buffer-steps <n>", "batches kept for replay requests", integerFlag(1, 10_000_000), 10_000)
    .option("--wait-subscribers <n>", "begin once every stream has so many subscribers", integerFlag(0, 10_000), 0)
    .option("--wait-timeout <duration>", "longest wait for subscribers", durationFlag, 30_000)
    .option("--register <url>", "make the engines known to this router (POST /register), and take them back at the end")
    .option("--token-env <name>", "environment variable with the router's token", DEFAULT_TOKEN_ENV)
    .option("--loop <n>", "publish it so many times; each is a restart", integerFlag(1, 1_000_000), 1)
    .option("--stay", "keep serving replays after the last batch, until Ctrl-C")
    .option("--cut", "take a trace without an end as far as it goes")
    .action(replay);
}

async function replay(file: string, { tokenEnv, ...flags }: Flags): Promise<void> {
  const { replayTrace } = await import("../../streams/replay.js");
  const interrupts = orderlyInterrupts("ending the replay in order");
  try {
    const done = await replayTrace(file, {
      ...flags,
      token: process.env[tokenEnv] ?? null,
      stay: flags.stay ?? false,
      cut: flags.cut ?? false,
      signal: interrupts.signal,
      onEvent: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    });
    process.exitCode = done.complete ? ExitCode.pass : ExitCode.interrupted;
  } finally {
    interrupts.end();
  }
}

function speed(text: string): number {
  const value = text === "max" ? Infinity : Number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError("It must be a factor above 0, such as 10, or max.");
}
