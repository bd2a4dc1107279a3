/** Makes replayed engines known to a router that speaks `/register` and `/unregister` (docs/reference/gateway.md). */
import { asError, UnavailableError } from "../../base/errors.js";
import type { ReplayedEngine } from "./replayed-fleet.js";

const ANSWER_TIMEOUT_MS = 10_000;
const QUOTED_CHARACTERS = 200;

export class RouterClient {
  readonly #url: string;
  readonly #token: string | null;
  readonly #registered = new Set<string>();

  constructor(url: string, token: string | null) {
    this.#url = url.replace(/\/$/, "");
    this.#token = token;
  }

  /** @throws UnavailableError KVP_E_SUT_UNAVAILABLE with what the router answered. */
  async register(engine: ReplayedEngine): Promise<void> {
    await this.#post("/register", engine);
    this.#registered.add(engine.engine);
  }

  /** A router that is gone has forgotten the engine, too. */
  async unregister(engine: string): Promise<void> {
    if (!this.#registered.delete(engine)) return;
    await this.#post("/unregister", { engine }).catch((thrown: unknown) => {
      process.stderr.write(`${asError(thrown).message}\n`);
    });
  }

  async #post(path: string, body: unknown): Promise<void> {
    const authorization: Record<string, string> =
      this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
    const failed = (what: string): UnavailableError =>
      new UnavailableError("KVP_E_SUT_UNAVAILABLE", `${this.#url}${path} ${what}`);
    let answer: Response;
    try {
      answer = await fetch(this.#url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...authorization },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
    } catch (thrown) {
      const { message, cause } = asError(thrown);
      throw failed(`does not answer: ${cause === undefined ? message : asError(cause).message}`);
    }
    const text = await answer.text();
    if (answer.status !== 200) throw failed(`answered ${answer.status}: ${text.slice(0, QUOTED_CHARACTERS)}`);
  }
}
