/** The system under test over all its lives: ended and started again as an orchestrator does, and told anew of every member. */
import { withTimeout } from "../../base/async.js";
import { KvproofError } from "../../base/errors.js";
import type { Clock } from "../../base/clock.js";
import type { GatewaySpec, Lab } from "../../lab/ports.js";
import type { MatchQuery } from "../../lab/sut/port.js";
import type { RestartableSut } from "../../lab/sut/restartable-sut.js";
import type { Fleet } from "../run/fleet.js";
import type { Recorder } from "../run/recorder.js";

export interface GatewayLifeParts {
  readonly lab: Lab;
  readonly spec: GatewaySpec;
  readonly sut: RestartableSut;
  readonly fleet: Fleet;
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** A healthy one answers within this on any machine that can run a scenario. */
const ANSWER_MS = 1_000;

export class GatewayLife {
  readonly #parts: GatewayLifeParts;

  constructor(parts: GatewayLifeParts) {
    this.#parts = parts;
  }

  /** Gone when this resolves; what it was told of is forgotten with it. */
  async stop(how: "graceful" | "kill"): Promise<void> {
    const { lab, sut, fleet } = this.#parts;
    this.#mark(how === "kill" ? "killed" : "stopping");
    fleet.sutIsGone();
    // A graceful end still answers what it has begun.
    if (how === "kill") await Promise.all([sut.disconnect(), lab.stopGateway(how)]);
    else {
      await lab.stopGateway(how);
      await sut.disconnect();
    }
    this.#mark("down");
  }

  /** At the same address, with the same token. */
  async start(): Promise<void> {
    const { lab, sut, spec, fleet } = this.#parts;
    await sut.reconnect(await lab.startGateway(spec));
    this.#mark("ready");
    await fleet.rejoin();
    this.#mark("members registered anew");
  }

  /** Whether it answers a cheap question in time. */
  async answers(withinMs = ANSWER_MS): Promise<boolean> {
    const { sut, fleet } = this.#parts;
    if (!sut.up) return false;
    const query = { model: fleet.members()[0]?.spec.model ?? "", lora: null, salt: null, tokens: [1] };
    try {
      await withTimeout(this.#ask(query), withinMs, `${sut.name} to answer`);
      return true;
    } catch (thrown) {
      // A refusal is an answer.
      return thrown instanceof KvproofError && thrown.code === "KVP_E_SUT_REFUSED";
    }
  }

  async #ask(query: MatchQuery): Promise<void> {
    const { sut } = this.#parts;
    const { streams, match, route } = sut.capabilities;
    if (streams) await sut.streams();
    else if (match) await sut.match(query);
    else if (route) await sut.route(query, {});
  }

  #mark(detail: string): void {
    this.#parts.recorder.record({ k: "mark", at: this.#parts.clock.nowNs(), name: "gateway", detail });
  }
}
