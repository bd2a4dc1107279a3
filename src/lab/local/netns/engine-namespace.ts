/**
 * A network namespace for the engines of one run, joined to the machine by a veth pair, so that links can be broken by the
 * kernel and not by a relay. Every engine has an address of its own; nothing is routed beyond this machine.
 *
 *   machine ── 198.18.a.1 ─ veth ─ 198.18.a.2 ── namespace: 198.19.a.1 … 198.19.a.254, all local to it
 *
 * 198.18.0.0/15 is set apart for tests of networks (RFC 2544) and belongs to nobody.
 */
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { UnavailableError } from "../../../base/errors.js";
import type { EngineNetwork } from "../engine-network.js";
import { findProgram } from "../host/find-program.js";
import { runProgram } from "../host/run-program.js";
import type { LeftoverKind } from "../leftovers.js";
import type { RunRegistry } from "../run-registry.js";

export const NAMESPACE_KIND = "network-namespace";
const LAST_NET = 254;
const MAX_ENGINES = 254;
/** Nobody else is in the namespace: ports of ranks need no search. */
const FIRST_RANK_PORT = 5557;
const FIRST_SHARED_PORT = 12_000;

export class EngineNamespace implements EngineNetwork {
  readonly name: string;
  readonly #net: number;
  readonly #registry: RunRegistry;
  #taken = 0;
  #nextShared = FIRST_SHARED_PORT;
  #closed = false;

  /** Throws UnavailableError KVP_E_HOST; what was made by then is taken back by {@link close}. */
  constructor(registry: RunRegistry) {
    this.#registry = registry;
    this.#net = freeNet();
    this.name = `kvp${this.#net}`;
  }

  get #link(): string {
    return `kvp${this.#net}h`;
  }

  open(): void {
    const [outer, inner] = [this.#link, `kvp${this.#net}n`];
    const { name } = this;
    const net = this.#net;
    this.#registry.holds(NAMESPACE_KIND, name, { name, link: outer });
    ip("netns", "add", name);
    ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name);
    ip("addr", "add", `198.18.${net}.1/30`, "dev", outer);
    ip("link", "set", outer, "up");
    ip("-n", name, "link", "set", "lo", "up");
    ip("-n", name, "addr", "add", `198.18.${net}.2/30`, "dev", inner);
    ip("-n", name, "link", "set", inner, "up");
    ip("-n", name, "route", "add", "local", `198.19.${net}.0/24`, "dev", "lo");
    ip("route", "add", `198.19.${net}.0/24`, "via", `198.18.${net}.2`, "dev", outer);
  }

  take(): string {
    if (++this.#taken > MAX_ENGINES)
      throw new UnavailableError("KVP_E_LIMIT", `a network namespace has at most ${MAX_ENGINES} engine addresses`);
    return `198.19.${this.#net}.${this.#taken}`;
  }

  portRun(): Promise<number> {
    return Promise.resolve(FIRST_RANK_PORT);
  }

  /** Nobody else is there: counted up. */
  sharedPortRun(count: number): Promise<number> {
    const first = this.#nextShared;
    this.#nextShared += count;
    return Promise.resolve(first);
  }

  inside(program: string, args: readonly string[]): { program: string; args: readonly string[] } {
    return { program: findProgram("nsenter") ?? "nsenter", args: [`--net=/run/netns/${this.name}`, program, ...args] };
  }

  /** Runs nft in the namespace; standard output. */
  nft(args: readonly string[], rules = ""): string {
    const { program, args: all } = this.inside(findProgram("nft") ?? "nft", args);
    return runProgram(program, all, rules);
  }

  /** When its processes are gone. */
  close(): void {
    // Once gone, the name may belong to another run.
    if (this.#closed) return;
    removeNamespace(this.name, this.#link);
    this.#closed = true;
    this.#registry.released(NAMESPACE_KIND, this.name);
  }
}

export const namespaceLeftover: LeftoverKind = {
  kind: NAMESPACE_KIND,
  undo: ({ name = "", link = "" }) =>
    Promise.resolve().then(() =>
      removeNamespace(name, link) ? `removed the network namespace ${name} and its link ${link}` : null,
    ),
};

/** The link's other end goes with it, and so does the route; the namespace itself goes with its last process. */
function removeNamespace(name: string, link: string): boolean {
  const linked = networkInterfaceExists(link);
  if (linked) ip("link", "del", link);
  const named = existsSync(`/run/netns/${name}`);
  if (named) ip("netns", "del", name);
  return linked || named;
}

function freeNet(): number {
  const used = new Set(
    Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .map(({ address }) => address.split(".").slice(0, 3).join(".")),
  );
  // Runs that begin together begin to look at different places.
  const first = process.pid % LAST_NET;
  for (let i = 0; i < LAST_NET; i++) {
    const net = 1 + ((first + i) % LAST_NET);
    if (!used.has(`198.18.${net}`) && !existsSync(`/run/netns/kvp${net}`) && !networkInterfaceExists(`kvp${net}h`))
      return net;
  }
  throw new UnavailableError(
    "KVP_E_HOST",
    `all ${LAST_NET} networks below 198.18.0.0/16 are taken; are runs left over?`,
  );
}

function networkInterfaceExists(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

function ip(...args: string[]): void {
  runProgram("ip", args);
}
