/** The lab's side of the relay: a process of its own, started with the lab and told what to do line by line. */
import { type KvproofError, UnavailableError } from "../../../base/errors.js";
import { cliEntry } from "../../../base/package-root.js";
import type { ResourceRecord } from "../../../judge/history/records.js";
import { describeExit, LabProcess } from "../child-process.js";
import { usageOf } from "../process-table.js";
import { type Burnt, RelayTalk } from "./relay-talk.js";

const READY_TIMEOUT_MS = 15_000;

export interface RelayNews {
  readonly logFile: string;
  /** A number that no consumer can get any more. */
  onBurnt(burnt: Burnt): void;
  /** It ended although nobody asked it to: all links are gone. */
  onLost(error: KvproofError): void;
}

export class RelayProcess {
  readonly talk: RelayTalk;
  readonly #process: LabProcess;
  readonly #news: RelayNews;
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
      onMessage: (message) => this.talk.hear(message),
    });
    const process_ = this.#process;
    const wire = {
      send: (line: string) => process_.send(line),
      get alive() {
        return process_.alive;
      },
    };
    this.talk = new RelayTalk(wire, (burnt) => news.onBurnt(burnt));
    void this.#process.exited.then((exit) => {
      const error = new UnavailableError(
        "KVP_E_PROCESS_EXITED",
        `the relay ended (${describeExit(exit)}) in the middle of the run; ${this.#process.logTail()}`,
      );
      this.talk.lost(error);
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
}
