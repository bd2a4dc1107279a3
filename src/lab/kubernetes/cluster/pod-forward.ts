/** A loopback port whose connections come out at a port of a pod: one WebSocket to the API server for each connection. */
import { createServer, type Server, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { type KubeConfig, PortForward } from "@kubernetes/client-node";
import { InternalError } from "../../../base/errors.js";

export interface ForwardTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** More than any client of the lab opens to one port. */
const MAX_CONNECTIONS = 512;

export class PodForward {
  /** The loopback port. */
  readonly listening: Promise<number>;
  readonly #config: KubeConfig;
  readonly #target: ForwardTarget;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(config: KubeConfig, target: ForwardTarget) {
    this.#config = config;
    this.#target = target;
    this.#server = createServer({ noDelay: true }, (socket) => void this.#carry(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.listening = new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => {
        const bound = this.#server.address();
        if (typeof bound === "object" && bound !== null) resolve(bound.port);
        else reject(new InternalError("a forwarded port has no number"));
      });
    });
    this.listening.catch(() => undefined);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** What the pod does to the connection, the client sees; a pod that cannot be reached is a connection that is reset. */
  async #carry(socket: Socket): Promise<void> {
    const { namespace, pod, port } = this.#target;
    this.#sockets.add(socket);
    const complaints = new PassThrough();
    complaints.on("data", () => socket.resetAndDestroy());
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.pause();
    try {
      const forward = new PortForward(this.#config, true);
      const input = new PassThrough();
      const channel = await forward.portForward(namespace, pod, [port], socket, complaints, input);
      if (typeof channel === "function") return;
      channel.onclose = () => socket.destroy();
      channel.onerror = () => socket.resetAndDestroy();
      socket.once("close", () => channel.close());
      if (socket.destroyed) channel.close();
      socket.on("data", (chunk) => input.write(chunk));
      socket.resume();
    } catch {
      socket.resetAndDestroy();
    }
  }
}
