/** What everything that happens in a run shares. */
import type { Clock } from "../../base/clock.js";
import type { Rng } from "../../base/rng.js";
import type { Lab } from "../../lab/ports.js";
import type { RestartableSut } from "../../lab/sut/restartable-sut.js";
import type { GatewayLife } from "../faults/gateway-life.js";
import type { Plan } from "../plan/plan.js";
import type { Fleet } from "./fleet.js";
import type { InFlight } from "./in-flight.js";
import type { OpenAiClient } from "./openai-client.js";
import type { Prompt, PromptBook } from "./prompt-book.js";
import type { PromptPool } from "./prompt-pool.js";
import type { Recorder } from "./recorder.js";

/** A prompt that a probe put into one engine's cache. */
export interface StoredPrompt {
  readonly prompt: Prompt;
  readonly engine: string;
  readonly uid: string;
  readonly rank: number;
}

export interface RunContext {
  readonly plan: Plan;
  readonly lab: Lab;
  readonly sut: RestartableSut;
  /** Its log, over all its lives. */
  readonly sutLogFile: string;
  readonly clock: Clock;
  /** Forked by purpose; never drawn from directly. */
  readonly rng: Rng;
  readonly recorder: Recorder;
  readonly prompts: PromptBook;
  readonly fleet: Fleet;
  readonly gateway: GatewayLife;
  readonly inFlight: InFlight;
  readonly openai: OpenAiClient;
  /** Prompts of the workload and of probes, lately used. */
  readonly recent: PromptPool<Prompt>;
  readonly stored: PromptPool<StoredPrompt>;
}
