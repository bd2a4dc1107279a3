/** The gateway of the local lab as a child process: ours, or any program that speaks its flags and ready line. */
import { randomBytes } from "node:crypto";
import { setPriority } from "node:os";
import { join } from "node:path";
import { request } from "undici";
import { delay, waitFor } from "../../base/async.js";
import { asError, KvproofError, UnavailableError } from "../../base/errors.js";
import { cliEntry } from "../../base/package-root.js";
import type { ResourceRecord } from "../../judge/history/records.js";
import type { GatewayHandle, GatewaySpec } from "../ports.js";
import { GRACEFUL_STOP_MS, describeExit, LabProcess } from "./child-process.js";
import type { PodContext } from "./engine-pod.js";
import { freezeProcess, thawProcess } from "./freeze.js";
import { usageOf } from "./process-table.js";
import { parseGatewayReady, portOf } from "./ready-lines.js";

const GATEWAY_READY_TIMEOUT_MS = 15_000;
/** Niceness of a gateway that goes first. */
const FIRST = -10;
/** Environment variable in which a system under test that the lab starts finds its token. */
export const TOKEN_VARIABLE = "KVPROOF_ADMIN_TOKEN";

/** What a restart keeps: whoever knew the old life reaches the new one. Port 0 = the system chooses. */
export interface GatewayPlace {
  readonly address: string;
  readonly port: number;
  readonly adminToken: string;
}

export function gatewayPlace(address: string): GatewayPlace {
  return { address, port: 0, adminToken: randomBytes(16).toString("hex") };
}

export class GatewayProcess {
  readonly #context: PodContext;
  readonly #process: LabProcess;
  #place: GatewayPlace;
  #ready = false;
  #ending = false;

  constructor(context: PodContext, spec: GatewaySpec, place: GatewayPlace) {
    this.#context = context;
    this.#place = place;
    const logFile = join(context.dir, "logs", "gateway.log");
    context.host.takeOver("gateway", "gateway", [logFile]);
    const [program, ...args] = spec.command ?? [process.execPath, cliEntry(), "gateway"];
    this.#process = new LabProcess({
      name: "gateway",
      program: program ?? process.execPath,
      args: [...args, ...gatewayArguments(spec, place)],
      env: { [TOKEN_VARIABLE]: place.adminToken, KVPROOF_PARENT_PID: String(process.pid) },
      logFile,
      notReadyCode: "KVP_E_SUT_UNAVAILABLE",
    });
    const pid = this.#process.pid;
    if (pid !== null) context.registry.started("gateway", pid);
    if (pid !== null && spec.cpuFirst === true) this.#goFirst(pid);
    void this.#process.exited.then((exit) => {
      if (pid !== null) context.registry.ended(pid);
      // One that never got ready is reported by ready(), with its own words.
      if (this.#ending || !this.#ready) return;
      const message = `the gateway ended (${describeExit(exit)}) in the middle of the run; ${this.#process.logTail()}`;
      context.observer.gatewayLost(new UnavailableError("KVP_E_SUT_UNAVAILABLE", message));
    });
  }

  /**
   * In a fleet the router has a machine of its own. Here it would wait up to a scheduler's slice (about 3 ms) for each engine that
   * happens to run. Said before the program starts threads, so that all of them have it.
   */
  #goFirst(pid: number): void {
    try {
      setPriority(pid, FIRST);
    } catch (thrown) {
      const { observer, clock } = this.#context;
      const detail = `latencies contain waits for a CPU: ${asError(thrown).message}`;
      observer.record({ k: "mark", at: clock.nowNs(), name: "gateway-not-first", detail });
    }
  }

  /** The port it really has once it is ready. */
  get place(): GatewayPlace {
    return this.#place;
  }

  async ready(): Promise<GatewayHandle> {
    try {
      const url = parseGatewayReady(await this.#process.ready(GATEWAY_READY_TIMEOUT_MS));
      await waitFor(async () => !this.#process.alive || (await answers(`${url}/health`)), {
        describe: `the gateway (${url}) to answer /health`,
        timeoutMs: GATEWAY_READY_TIMEOUT_MS,
        code: "KVP_E_SUT_UNAVAILABLE",
      });
      if (!this.#process.alive)
        throw new UnavailableError("KVP_E_SUT_UNAVAILABLE", `the gateway ended at once; ${this.#process.logTail()}`);
      this.#ready = true;
      this.#place = { ...this.#place, port: portOf(url) };
      return { url, adminToken: this.#place.adminToken, logFile: this.#process.command.logFile };
    } catch (thrown) {
      this.signal("SIGKILL");
      await this.exited;
      if (thrown instanceof KvproofError) throw thrown;
      throw new UnavailableError("KVP_E_SUT_UNAVAILABLE", `the gateway did not start: ${asError(thrown).message}`);
    }
  }

  async stop(how: "graceful" | "kill"): Promise<void> {
    this.signal(how === "kill" ? "SIGKILL" : "SIGTERM");
    const hardStop = new AbortController();
    const escalation = delay(GRACEFUL_STOP_MS, hardStop.signal).then(() => this.signal("SIGKILL"));
    await this.exited;
    hardStop.abort();
    await escalation;
  }

  freeze(): Promise<void> {
    return freezeProcess(this.#process, "the gateway");
  }
  thaw(): Promise<void> {
    return thawProcess(this.#process, "the gateway");
  }

  signal(signal: NodeJS.Signals): void {
    this.#ending = true;
    this.#process.signal(signal);
  }
  get exited(): Promise<unknown> {
    return this.#process.exited;
  }

  usage(): ResourceRecord | null {
    const pid = this.#process.pid;
    const usage = this.#process.alive && pid ? usageOf(pid) : null;
    return usage && { k: "resource", at: this.#context.clock.nowNs(), process: "gateway", kind: "gateway", ...usage };
  }
}

function gatewayArguments(spec: GatewaySpec, { address, port }: GatewayPlace): string[] {
  return ["--host", address, "--port", String(port), ...gatewayFlags(spec)];
}

/** Wherever it listens. */
export function gatewayFlags(spec: GatewaySpec): string[] {
  return [
    "--admin-token-env",
    TOKEN_VARIABLE,
    ...(spec.minMatchBlocks === undefined ? [] : ["--min-match-blocks", String(spec.minMatchBlocks)]),
    ...(spec.capBlocks === undefined ? [] : ["--max-blocks", String(spec.capBlocks)]),
    ...(spec.traceApplied === undefined ? [] : ["--trace-applied", String(spec.traceApplied)]),
    ...(spec.events ? [] : ["--no-events"]),
    ...(spec.replay ? [] : ["--no-replay"]),
  ];
}

async function answers(url: string): Promise<boolean> {
  const response = await request(url, { headersTimeout: 1000, bodyTimeout: 1000 });
  await response.body.dump();
  return response.statusCode === 200;
}
