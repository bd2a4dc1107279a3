/** One port of an engine as consumers dial it: a listener that joins every connection to the engine's own port. */
import { createServer, type Server, type Socket } from "node:net";
import { asError, UnavailableError } from "../../../base/errors.js";
import type { LinkPortName } from "../../links.js";
import { type LinkTarget, SOCKET_OPTIONS } from "./link.js";

export interface GateSpec {
  readonly port: LinkPortName;
  readonly rank: number;
  readonly listen: LinkTarget;
  readonly target: LinkTarget;
}

export class Gate {
  readonly spec: GateSpec;
  readonly #onClient: (client: Socket) => void;
  #server: Server | null = null;
  #port: number;
  /** Opening and closing wait for each other. */
  #change: Promise<void> = Promise.resolve();

  constructor(spec: GateSpec, onClient: (client: Socket) => void) {
    this.spec = spec;
    this.#onClient = onClient;
    this.#port = spec.listen.port;
  }

  get address(): LinkTarget {
    return { host: this.spec.listen.host, port: this.#port };
  }

  /** Listens or not: without, clients are refused by the system. Connections that are up stay. */
  listen(open: boolean): Promise<void> {
    this.#change = this.#change.catch(() => undefined).then(() => (open ? this.#open() : this.#close()));
    return this.#change;
  }

  #open(): Promise<void> {
    if (this.#server !== null) return Promise.resolve();
    const server = createServer({ ...SOCKET_OPTIONS, noDelay: true, pauseOnConnect: true }, this.#onClient);
    const { host } = this.spec.listen;
    return new Promise((resolve, reject) => {
      server.once("error", (error) =>
        reject(
          new UnavailableError(
            "KVP_E_BIND",
            `the relay cannot listen on ${host}:${this.#port}: ${asError(error).message}`,
          ),
        ),
      );
      server.listen({ host, port: this.#port, exclusive: true }, () => {
        const bound = server.address();
        if (typeof bound === "object" && bound !== null) this.#port = bound.port;
        this.#server = server;
        resolve();
      });
    });
  }

  #close(): Promise<void> {
    // The listener is gone at once; `close` calls back only when the last of its connections has ended.
    this.#server?.close();
    this.#server = null;
    return Promise.resolve();
  }
}
