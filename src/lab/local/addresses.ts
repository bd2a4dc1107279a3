/**
 * Loopback addresses for the engines of one run. Linux answers on all of 127.0.0.0/8, so every engine gets its own; where the
 * system has 127.0.0.1 only (macOS), engines share it and differ by port.
 */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import type { Rng } from "../../base/rng.js";
import { UnavailableError } from "../../base/errors.js";

/** 127.0.x.y is left alone: resolvers and Debian's own host name live there. */
const FIRST_BLOCK = 16;
const LAST_BLOCK = 254;
const BLOCK_ATTEMPTS = 64;
/** Usable addresses of a /16 block when .0 and .255 of each /24 are left out. */
const HOSTS_PER_NET = 254;
const MAX_HOSTS = HOSTS_PER_NET * 255;
const MAX_PORT = 65_535;
const PORT_RUN_ATTEMPTS = 50;

export const SHARED_ADDRESS = "127.0.0.1";

export class AddressPool {
  /** `127.a` (a /16), or the one shared address. */
  readonly block: string;
  #next = 0;

  private constructor(block: string) {
    this.block = block;
  }

  /** Finds a block that no live run has taken; falls back to the shared address where the system cannot bind others. */
  static async open(taken: ReadonlySet<string>, rng: Rng, bindable = canBind): Promise<AddressPool> {
    for (let attempt = 0; attempt < BLOCK_ATTEMPTS; attempt++) {
      const block = `127.${rng.int(FIRST_BLOCK, LAST_BLOCK)}`;
      if (taken.has(block)) continue;
      return new AddressPool((await bindable(`${block}.0.1`)) ? block : SHARED_ADDRESS);
    }
    throw new UnavailableError(
      "KVP_E_BIND",
      `no free loopback block after ${BLOCK_ATTEMPTS} attempts; is a run left over?`,
    );
  }

  get separate(): boolean {
    return this.block !== SHARED_ADDRESS;
  }

  /** An address that this run has not used before (or the shared one). */
  take(): string {
    if (!this.separate) return SHARED_ADDRESS;
    const index = this.#next++;
    if (index >= MAX_HOSTS)
      throw new UnavailableError("KVP_E_LIMIT", `a run has at most ${MAX_HOSTS} engine addresses`);
    return `${this.block}.${Math.floor(index / HOSTS_PER_NET)}.${(index % HOSTS_PER_NET) + 1}`;
  }
}

/** True when a TCP socket can be bound to the address. */
export async function canBind(address: string, port = 0): Promise<boolean> {
  return (await boundPort(address, port)) !== null;
}

/** First of `count` consecutive ports that are free on the address, for engines whose rank r publishes on port + r. */
export async function freePortRun(address: string, count: number): Promise<number> {
  for (let attempt = 0; attempt < PORT_RUN_ATTEMPTS; attempt++) {
    const first = await boundPort(address, 0);
    if (first === null || first + count > MAX_PORT) continue;
    const rest = Array.from({ length: count - 1 }, (_, i) => first + 1 + i);
    const free = await Promise.all(rest.map((port) => canBind(address, port)));
    if (free.every(Boolean)) return first;
  }
  throw new UnavailableError("KVP_E_BIND", `no ${count} consecutive free ports on ${address}`);
}

const EVERY_ADDRESS = "0.0.0.0";
/** Below those that the system gives to outgoing connections, which would take them away until they are bound. */
const FIRST_SHARED = 12_000;
const LAST_SHARED = 31_000;

/** For programs that bind every address of the machine, long after their ports were chosen. */
export class SharedPorts {
  readonly #given = new Set<number>();

  /** First of `count` consecutive ports that are free everywhere and were never given out here. */
  async run(count: number): Promise<number> {
    for (let attempt = 0; attempt < PORT_RUN_ATTEMPTS; attempt++) {
      const first = randomInt(FIRST_SHARED, LAST_SHARED);
      const run = Array.from({ length: count }, (_, i) => first + i);
      if (run.some((port) => this.#given.has(port))) continue;
      for (const port of run) this.#given.add(port);
      const free = await Promise.all(run.map((port) => canBind(EVERY_ADDRESS, port)));
      if (free.every(Boolean)) return first;
    }
    throw new UnavailableError("KVP_E_BIND", `no ${count} consecutive free ports on ${EVERY_ADDRESS}`);
  }
}

function boundPort(address: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(null));
    server.listen({ host: address, port, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === "object" && bound !== null ? bound.port : null));
    });
  });
}
