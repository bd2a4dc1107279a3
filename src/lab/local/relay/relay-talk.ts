/** What the lab and a relay say to each other, whatever carries their lines. */
import { withTimeout } from "../../../base/async.js";
import { asError, type ErrorCode, errorCatalogue, KvproofError, UnavailableError } from "../../../base/errors.js";
import type { Disturbance, LinkAccount, LinkPort, LinkSelection } from "../../links.js";
import { type RelayCommand, relayEvent } from "./control.js";
import type { GateSpec } from "./gate.js";
import { RELAY_LIMITS } from "./limits.js";
import type { LinkTarget } from "./link.js";

/** A number that no consumer can get any more. */
export interface Burnt {
  readonly at: number;
  readonly engine: string;
  readonly rank: number;
  readonly epoch: number;
  readonly seq: number;
}

export interface RelayWire {
  /** One line to the relay. */
  send(line: string): void;
  /** Whether anybody could hear it. */
  readonly alive: boolean;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class RelayTalk implements LinkPort {
  readonly backend = "relay";
  readonly #wire: RelayWire;
  readonly #onBurnt: (burnt: Burnt) => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(wire: RelayWire, onBurnt: (burnt: Burnt) => void) {
    this.#wire = wire;
    this.#onBurnt = onBurnt;
  }

  /** Nobody will answer any more. */
  lost(error: KvproofError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
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
    if (!this.#wire.alive) {
      return Promise.reject(
        new UnavailableError("KVP_E_PROCESS_EXITED", `the relay is gone; ${command.do} cannot reach it`),
      );
    }
    const id = ++this.#lastId;
    const answer = new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#wire.send(JSON.stringify({ id, command }));
    const { commandMs } = RELAY_LIMITS;
    return withTimeout(answer, commandMs, `the relay to carry out ${command.do}`).finally(() =>
      this.#pending.delete(id),
    );
  }

  /** What the relay says. */
  hear(message: object): void {
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
        this.#onBurnt(burnt);
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
