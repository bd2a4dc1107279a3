/** `kvproof gateway` as a process: checks the options, starts, says so in one line, and ends in order. */
import { createLogger, type Logger } from "../base/log.js";
import { guardParent } from "../base/parent-guard.js";
import { UsageError } from "../base/errors.js";
import { type RunningGateway, startGateway } from "./gateway.js";
import type { GatewayOptions } from "./options.js";

/**
 * Runs a gateway until SIGTERM or SIGINT (or until the process named by KVPROOF_PARENT_PID is gone), then drains and
 * resolves. Prints `{"event":"ready","url":…,"pid":…}` on standard output once it listens.
 * @throws UsageError, or UnavailableError when the address cannot be bound.
 */
export async function runGateway(options: GatewayOptions): Promise<void> {
  const log = createLogger("gateway", options.logLevel);
  refuseCarelessBind(options, log);
  const gateway = await startGateway(options, log);
  process.stdout.write(`${JSON.stringify({ event: "ready", url: gateway.url, pid: process.pid })}\n`);
  log.info({ url: gateway.url }, "gateway listens");
  await untilToldToStop(log);
  await drain(gateway, options.drainMs, log);
}

function refuseCarelessBind({ host, allowRemote, adminToken }: GatewayOptions, log: Logger): void {
  if (/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host)) return;
  if (!allowRemote) {
    throw new UsageError(
      "KVP_E_USAGE",
      `--host ${host} is reachable from other machines; say --allow-remote if that is meant`,
    );
  }
  if (!adminToken) log.warn({ host }, "no admin token is set: whoever reaches this address can add and remove engines");
}

function untilToldToStop(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    const stop = (why: string): void => {
      log.info({ why }, "gateway stops: no new requests, running ones may finish");
      unguard();
      // A second signal ends the process at once, as by default.
      process.off("SIGTERM", onTerm).off("SIGINT", onInt);
      resolve();
    };
    const onTerm = (): void => stop("SIGTERM");
    const onInt = (): void => stop("SIGINT");
    const unguard = guardParent(process.env.KVPROOF_PARENT_PID, () => stop("the parent process is gone"));
    process.on("SIGTERM", onTerm).on("SIGINT", onInt);
  });
}

async function drain(gateway: RunningGateway, drainMs: number, log: Logger): Promise<void> {
  await gateway.stop(drainMs);
  log.info({}, "gateway stopped");
}
