/**
 * A disturbance of links as a fault in force. That it bites is read from what the relay counted; that it is gone is seen by
 * dialling every port it lay on: the engine's own greeting must come back.
 */
import { connect } from "node:net";
import { InternalError } from "../../base/errors.js";
import type { Disturbance, LinkAccount, LinkPort, LinkPortName } from "../links.js";
import type { EngineHandle } from "../ports.js";
import type { ActiveFault, FaultWorld } from "./fault.js";

export interface Disturbing {
  readonly kind: string;
  readonly disturbance: Disturbance;
  readonly ports: readonly LinkPortName[];
  /** How many engines must show it: a partition cuts every link, a rare loss may spare one. */
  readonly bitesOn: "all" | "any";
  /** What shows on one engine that it bites; null = nothing yet. */
  readonly bites: (account: LinkAccount) => string | null;
  /** Further evidence that the ports' own behaviour must give ("refuses"); looked at when the accounts show it. */
  readonly dialled?: Greeting;
}

export type Greeting = "greets" | "accepts" | "refuses";

const DIAL_MS = 400;
const MAX_NAMED = 4;

export async function disturb(world: FaultWorld, what: Disturbing): Promise<ActiveFault> {
  const { links } = world.lab;
  if (links === null) throw new InternalError(`${what.kind} needs a lab with links`);
  const id = `${what.kind} ${world.target} ${world.rng.u32().toString(16)}`;
  const engines = world.engines.map(({ spec }) => spec.engine);
  await links.begin(id, what.disturbance, { engines, ports: what.ports }, world.rng.int(0, 0x7fff_ffff));
  return new DisturbedLinks(id, links, world, what);
}

class DisturbedLinks implements ActiveFault {
  readonly #id: string;
  readonly #links: LinkPort;
  readonly #world: FaultWorld;
  readonly #what: Disturbing;

  constructor(id: string, links: LinkPort, world: FaultWorld, what: Disturbing) {
    this.#id = id;
    this.#links = links;
    this.#world = world;
    this.#what = what;
  }

  async effect(): Promise<string | null> {
    const { bites, bitesOn, dialled } = this.#what;
    const { told, of } = await this.#account(bites);
    if (told.length < (bitesOn === "all" ? of : 1)) return null;
    if (dialled !== undefined && (await this.#ports(dialled)) === null) return null;
    return `${told.length} of ${of} engines: ${listed(told)}${dialled === undefined ? "" : `; every port ${dialled}`}`;
  }

  async recover(): Promise<void> {
    await this.#links.end(this.#id);
  }

  async recovered(): Promise<string | null> {
    const accounts = await this.#links.look(this.#id);
    if (accounts.some(({ heldBytes }) => heldBytes > 0)) return null;
    const greeting = await this.#ports("greets");
    if (greeting === null) return null;
    const { told, of } = await this.#account(this.#what.bites);
    const passed = accounts.reduce((sum, { passedSinceEnd }) => sum + passedSinceEnd, 0);
    return `${greeting}, ${passed} bytes passed since; in all on ${told.length} of ${of} engines: ${listed(told)}`;
  }

  async #account(bites: Disturbing["bites"]): Promise<{ told: string[]; of: number }> {
    const accounts = await this.#links.look(this.#id);
    const told = accounts.flatMap((account) => {
      const text = bites(account);
      return text === null ? [] : [`${account.engine} ${text}`];
    });
    return { told, of: accounts.length };
  }

  /** Whether every port of every engine that runs answers a new connection so; with the count, in words. */
  async #ports(expected: Greeting): Promise<string | null> {
    const names = new Set(this.#world.engines.map(({ spec }) => spec.engine));
    const running = this.#world.lab.engines().filter(({ spec }) => names.has(spec.engine));
    const addresses = running.flatMap((engine) => addressesOf(engine, this.#what.ports));
    const found = await Promise.all(addresses.map(dial));
    if (!found.every((greeting) => greeting === expected)) return null;
    return `${found.length} of ${addresses.length} ports of ${running.length} engines: each ${expected}`;
  }
}

function addressesOf({ endpoints }: EngineHandle, ports: readonly LinkPortName[]): string[] {
  const http = ports.includes("http") ? [endpoints.http] : [];
  const events = ports.includes("events") ? endpoints.ranks.map((rank) => rank.events) : [];
  const replay = ports.includes("replay") ? endpoints.ranks.flatMap((rank) => rank.replay ?? []) : [];
  return [...http, ...events, ...replay];
}

/** How a new connection begins. libzmq greets by itself; an HTTP server has to be asked. */
function dial(endpoint: string): Promise<Greeting> {
  const isHttp = endpoint.startsWith("http:");
  const { hostname, port } = new URL(endpoint.replace(/^tcp:/, "http:"));
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let accepted = false;
    const end = (greeting: Greeting): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve(greeting);
    };
    const patience = setTimeout(() => end(accepted ? "accepts" : "refuses"), DIAL_MS);
    socket.once("connect", () => {
      accepted = true;
      if (isHttp) socket.write(`HEAD /health HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    });
    socket.once("data", () => end("greets"));
    socket.once("error", () => end("refuses"));
    socket.once("close", () => end("refuses"));
  });
}

function listed(told: readonly string[]): string {
  const shown = told.slice(0, MAX_NAMED).join("; ");
  return told.length > MAX_NAMED ? `${shown}; and ${told.length - MAX_NAMED} more` : shown;
}
