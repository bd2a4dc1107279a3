/** A system under test that runs already: reached by its URL, and nobody's to stop. */
import { waitFor } from "../../base/async.js";
import { InternalError } from "../../base/errors.js";
import type { GatewayHandle } from "../ports.js";
import { answersAnything } from "./answers-anything.js";
import type { GatewayPlace } from "./gateway-process.js";
import type { SutProcess } from "./sut-process.js";

const REACHED_WITHIN_MS = 5_000;
/** Sent as `authorization: Bearer …` to a system that runs already. */
const TOKEN_VARIABLE = "KVPROOF_SUT_TOKEN";

export class RunningSystem implements SutProcess {
  readonly place: GatewayPlace;
  readonly exited = Promise.resolve();
  readonly #url: string;

  constructor(url: string, place: GatewayPlace) {
    this.#url = url;
    this.place = place;
  }

  async ready(): Promise<GatewayHandle> {
    await waitFor(async () => answersAnything(this.#url), {
      describe: `the system under test to answer at ${this.#url}`,
      timeoutMs: REACHED_WITHIN_MS,
      code: "KVP_E_SUT_UNAVAILABLE",
    });
    return { url: this.#url, adminToken: process.env[TOKEN_VARIABLE] ?? "", logFile: "" };
  }

  stop(): Promise<void> {
    return this.#refuse("stopped");
  }
  freeze(): Promise<void> {
    return this.#refuse("frozen");
  }
  thaw(): Promise<void> {
    return this.#refuse("thawed");
  }
  signal(): void {
    // Not ours.
  }
  usage(): null {
    return null;
  }

  /** Scenarios that would need it are refused before anything starts. */
  #refuse(what: string): Promise<never> {
    return Promise.reject(
      new InternalError(`the system at ${this.#url} was not started by the lab and cannot be ${what}`),
    );
  }
}
