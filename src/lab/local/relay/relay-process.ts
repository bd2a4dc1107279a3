/** The lab's side of the relay: a process of its own, started with the lab and told what to do line by line. */
import { withTimeout } from "../../../base/async.js";
import { asError, type ErrorCode, errorCatalogue, KvproofError, UnavailableError } from "../../../base/errors.js";
import { cliEntry } from "../../../base/package-root.js";
import type { ResourceRecord } from "../../../judge/history/records.js";
import type { Disturbance, LinkAccount, LinkPort, LinkSelection } from "../../links.js";
import { describeExit, LabProcess } from "../child-process.js";
import { usageOf } from "../process-table.js";
import { type RelayCommand, relayEvent } from "./control.js";
import type { GateSpec } from "./gate.js";
import { RELAY_LIMITS } from "./limits.js";
import type { LinkTarget } from "./link.js";

const READY_TIMEOUT_MS = 15_000;

export interface RelayNews {
  readonly logFile: string;
  /** A number that no consumer can get any more. */
  onBurnt(burnt: { at: number; engine: string; rank: number; epoch: number; seq: number }): void;
  /** It ended although nobody asked it to: all links are gone. */
  onLost(error: KvproofError): void;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class RelayProcess implements LinkPort {
  readonly backend = "relay";
  readonly #process: LabProcess;
  readonly #news: RelayNews;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #ending = false;

  constructor(seed: number, news: RelayNews) {
    this.#news = news;
    this.#process = new LabProcess({
      name: "relay",
      program: process.execPath,
      args: [cliEntry(), "relay", "--seed", String(seed)],
      env: { KVPROOF_PARENT_PID: String(process.pid) },
      logFile: news.logFile,
      notReadyCode: "KVP_E_PROCESS_EXITED",
      onMessage: (message) => this.#hear(message),
    });
    void this.#process.exited.then((exit) => {
      const error = new UnavailableError(
        "KVP_E_PROCESS_EXITED",
        `the relay ended (${describeExit(exit)}) in the middle of the run; ${this.#process.logTail()}`,
      );
      for (const pending of this.#pending.values()) pending.reject(error);
      this.#pending.clear();
      if (!this.#ending) this.#news.onLost(error);
    });
  }

  get pid(): number | null {
    return this.#process.pid;
  }
  get exited(): Promise<unknown> {
    return this.#process.exited;
  }

  /** @throws UnavailableError KVP_E_PROCESS_EXITED */
  async ready(): Promise<void> {
    await this.#process.ready(READY_TIMEOUT_MS);
  }

  signal(signal: NodeJS.Signals): void {
    this.#ending = true;
    this.#process.signal(signal);
  }

  usage(at: number): ResourceRecord | null {
    const { pid, alive } = this.#process;
    const usage = alive && pid !== null ? usageOf(pid) : null;
    return usage && { k: "resource", at, process: "relay", kind: "relay", ...usage };
  }

  /** Opens a gate per port of the engine; resolves with their addresses, in the same order. */
  async expose(engine: string, epoch: number, gates: readonly GateSpec[]): Promise<readonly LinkTarget[]> {
    return (await this.#command({ do: "expose", engine, epoch, gates: [...gates] })) as readonly LinkTarget[];
  }

  async withdraw(engine: string): Promise<void> {
    await this.#command({ do: "withdraw", engine });
  }

  async begin(fault: string, disturbance: Disturbance, on: LinkSelection, seed: number): Promise<void> {
    const { engines, ports } = on;
    await this.#command({ do: "begin", fault, disturbance, engines: [...engines], ports: [...ports], seed });
  }

  async end(fault: string): Promise<void> {
    await this.#command({ do: "end", fault });
  }

  async look(fault: string): Promise<readonly LinkAccount[]> {
    return (await this.#command({ do: "look", fault })) as readonly LinkAccount[];
  }

  #command(command: RelayCommand): Promise<unknown> {
    if (!this.#process.alive) {
      return Promise.reject(
        new UnavailableError("KVP_E_PROCESS_EXITED", `the relay is gone; ${command.do} cannot reach it`),
      );
    }
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#process.send(JSON.stringify({ id, command }));
    const { commandMs } = RELAY_LIMITS;
    return withTimeout(answer, commandMs, `the relay to carry out ${command.do}`).finally(() =>
      this.#pending.delete(id),
    );
  }

  #hear(message: object): void {
    const { success, data: event } = relayEvent.safeParse(message);
    if (!success) return;
    switch (event.event) {
      case "done":
        this.#pending.get(event.id)?.resolve(event.result);
        return;
      case "failed":
        this.#pending.get(event.id)?.reject(errorOf(event.code, event.message));
        return;
      case "burnt": {
        const { event: _, ...burnt } = event;
        this.#news.onBurnt(burnt);
        return;
      }
      case "note":
      case "ready":
        return;
    }
  }
}

function errorOf(code: string, message: string): Error {
  const known = code in errorCatalogue ? (code as ErrorCode) : "KVP_E_INTERNAL";
  return new KvproofError(known, `the relay failed: ${asError(message).message}`);
}
