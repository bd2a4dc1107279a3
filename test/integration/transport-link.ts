/** A TCP link that can be cut, frozen (half-open) and chopped; and a peer that says what it is told to. For transport tests. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Link {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: { readonly host: string; readonly port: number };
  #frozen = false;
  connections = 0;
  /** Sizes of the pieces in which bytes go on towards the client; null = as they come. */
  pieces: (() => number) | null = null;

  private constructor(target: string) {
    const url = new URL(target.replace("tcp:", "http:"));
    this.#target = { host: url.hostname, port: Number(url.port) };
    this.#server = createServer((client) => this.#relay(client));
  }

  static async to(target: string): Promise<Link> {
    const link = new Link(target);
    await listening(link.#server);
    return link;
  }

  get endpoint(): string {
    return endpointOf(this.#server);
  }

  /** Ends all connections with a reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
  /** From now on nothing passes in either direction, and neither side is told. New connections are accepted into silence. */
  freeze(): void {
    this.#frozen = true;
  }
  /** Later connections work again; frozen ones stay dead. */
  thaw(): void {
    this.#frozen = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #relay(client: Socket): void {
    this.connections++;
    let dead = this.#frozen;
    const server = connect(this.#target);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
    }
    client.on("close", () => server.destroy());
    server.on("close", () => client.destroy());
    const alive = (): boolean => {
      dead ||= this.#frozen;
      return !dead;
    };
    client.on("data", (bytes: Buffer) => alive() && server.write(bytes));
    server.on("data", (bytes: Buffer) => alive() && this.#forward(bytes, client));
  }

  #forward(bytes: Buffer, client: Socket): void {
    if (this.pieces === null) {
      client.write(bytes);
      return;
    }
    // Without Nagle's algorithm every write is a segment of its own, so that pieces stay pieces.
    client.setNoDelay(true);
    for (let at = 0; at < bytes.length; ) {
      const size = this.pieces();
      client.write(bytes.subarray(at, at + size));
      at += size;
    }
  }
}

/** A server that does `script` with every client, byte by byte as told. */
export async function scriptedPeer(
  script: (socket: Socket) => void,
): Promise<{ endpoint: string; sockets: Set<Socket>; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    script(socket);
  });
  await listening(server);
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: endpointOf(server), sockets, close };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function endpointOf(server: Server): string {
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
