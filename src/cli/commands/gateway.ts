/** `kvproof gateway`: the reference router as a process. */
import { type Command, Option } from "commander";
import { DEFAULT_OPTIONS, type GatewayOptions } from "../../gateway/options.js";
import { integerFlag } from "../flags.js";

const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
const DEFAULT_TOKEN_ENV = "KVPROOF_ADMIN_TOKEN";

type Flags = Omit<GatewayOptions, "config" | "discover" | "maxBlocks" | "adminToken" | "traceApplied"> & {
  readonly discover?: "kubernetes";
  readonly config?: string;
  readonly maxBlocks?: number;
  readonly traceApplied?: number;
  readonly adminTokenEnv: string;
};

export function registerGateway(program: Command): void {
  const command = program
    .command("gateway")
    .description("start the reference router: follows engines' KV events and routes OpenAI requests by them")
    .option("--host <address>", "address to listen on", DEFAULT_OPTIONS.host)
    .option(
      "--port <port>",
      "port to listen on; 0 = chosen by the system",
      integerFlag(0, 65_535),
      DEFAULT_OPTIONS.port,
    )
    .option("--config <yaml>", "engines to start with (docs/reference/gateway.md)")
    .addOption(
      new Option("--discover <where>", "find engines: pods of this gateway's namespace, by label").choices([
        "kubernetes",
      ]),
    )
    .option("--discover-selector <labels>", "label selector of engine pods", DEFAULT_OPTIONS.discoverSelector)
    .option(
      "--min-match-blocks <n>",
      "shortest match that attracts a request",
      integerFlag(1),
      DEFAULT_OPTIONS.minMatchBlocks,
    )
    .option("--max-blocks <n>", "cap of the index, in entries", integerFlag(1))
    .option("--no-events", "register engines but follow no stream")
    .option("--no-replay", "ignore replay endpoints")
    .option(
      "--admin-token-env <name>",
      "environment variable with the token for /register and /unregister",
      DEFAULT_TOKEN_ENV,
    )
    .option("--allow-remote", "allow an address that other machines can reach", false);
  addLimits(command).action(run);
}

/** Times, sizes and what is told. */
function addLimits(command: Command): Command {
  return command
    .option(
      "--health-interval-ms <ms>",
      "pause between two looks at /health",
      integerFlag(10),
      DEFAULT_OPTIONS.healthIntervalMs,
    )
    .option(
      "--adapter-interval-ms <ms>",
      "pause between two looks at an engine's adapters",
      integerFlag(10),
      DEFAULT_OPTIONS.adapterIntervalMs,
    )
    .option(
      "--ready-timeout-ms <ms>",
      "longest wait for configured engines before /ready says yes",
      integerFlag(0),
      DEFAULT_OPTIONS.readyTimeoutMs,
    )
    .option("--drain-ms <ms>", "time for running requests after SIGTERM", integerFlag(0), DEFAULT_OPTIONS.drainMs)
    .option(
      "--upstream-timeout-ms <ms>",
      "longest silence of an engine during a request",
      integerFlag(1),
      DEFAULT_OPTIONS.upstreamTimeoutMs,
    )
    .option("--max-body-bytes <n>", "largest OpenAI request", integerFlag(1), DEFAULT_OPTIONS.maxBodyBytes)
    .option("--trace-applied <n>", "keep the times of every n-th batch for GET /applied", integerFlag(1))
    .addOption(
      new Option("--log-level <level>", "least important log line")
        .choices(LOG_LEVELS)
        .default(DEFAULT_OPTIONS.logLevel),
    );
}

async function run({ adminTokenEnv, config, discover, maxBlocks, traceApplied, ...flags }: Flags): Promise<void> {
  const { runGateway } = await import("../../gateway/main.js");
  const adminToken = process.env[adminTokenEnv] ?? null;
  const absent = {
    config: config ?? null,
    discover: discover ?? null,
    maxBlocks: maxBlocks ?? null,
    traceApplied: traceApplied ?? null,
  };
  await runGateway({ ...flags, ...absent, adminToken });
}
