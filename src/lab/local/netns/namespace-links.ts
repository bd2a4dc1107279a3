/**
 * Links broken by the kernel: nftables rules in the engines' namespace lose packets, cut links silently, or reset them. TCP
 * on both sides does the rest, as it would in production.
 */
import { UsageError } from "../../../base/errors.js";
import { NS_PER_MS, type Clock } from "../../../base/clock.js";
import type { Disturbance, LinkAccount, LinkDirection, LinkPort, LinkPortName, LinkSelection } from "../../links.js";
import type { EngineEndpoints, EngineHandle } from "../../ports.js";
import { portOf } from "../ready-lines.js";
import type { EngineNamespace } from "./engine-namespace.js";
import { openConnections } from "./open-connections.js";
import {
  type CounterName,
  counter,
  healedRules,
  isRuled,
  type RuledDisturbance,
  type RuledEngine,
  rulesOf,
} from "./nft-rules.js";

type Counts = ReadonlyMap<string, { readonly packets: number; readonly bytes: number }>;

interface Lying {
  readonly table: string;
  readonly engines: readonly RuledEngine[];
  readonly disturbance: RuledDisturbance;
  readonly beganNs: number;
  endedNs: number | null;
  /** Bytes that had passed when it ended, per engine. */
  passedAtEnd: readonly number[];
}

export class NamespaceLinks implements LinkPort {
  readonly backend = "netns";
  readonly #namespace: EngineNamespace;
  readonly #engines: () => readonly EngineHandle[];
  readonly #pidOf: (engine: string) => number | null;
  readonly #clock: Clock;
  readonly #lying = new Map<string, Lying>();
  #tables = 0;

  constructor(parts: {
    readonly namespace: EngineNamespace;
    readonly engines: () => readonly EngineHandle[];
    readonly pidOf: (engine: string) => number | null;
    readonly clock: Clock;
  }) {
    this.#namespace = parts.namespace;
    this.#engines = parts.engines;
    this.#pidOf = parts.pidOf;
    this.#clock = parts.clock;
  }

  begin(id: string, disturbance: Disturbance, on: LinkSelection): Promise<void> {
    return Promise.resolve().then(() => {
      if (!isRuled(disturbance)) {
        throw new UsageError(
          "KVP_E_SCENARIO_IMPOSSIBLE",
          `a network namespace cannot do "${disturbance.kind}" to links; the local lab's relay can`,
        );
      }
      const engines = this.#engines()
        .filter(({ spec }) => on.engines.includes(spec.engine))
        .map(({ spec, direct }) => ({
          engine: spec.engine,
          address: direct.address,
          ports: portsOf(direct, on.ports),
        }));
      const table = `kvproof${++this.#tables}`;
      this.#namespace.nft(["-f", "-"], rulesOf(table, engines, disturbance));
      const beganNs = this.#clock.nowNs();
      this.#lying.set(id, { table, engines, disturbance, beganNs, endedNs: null, passedAtEnd: [] });
    });
  }

  end(id: string): Promise<void> {
    return Promise.resolve().then(() => {
      const lying = this.#lying.get(id);
      if (lying === undefined || lying.endedNs !== null) return;
      this.#namespace.nft(["-f", "-"], healedRules(lying.table, lying.engines));
      lying.endedNs = this.#clock.nowNs();
      const counts = this.#counts(lying);
      lying.passedAtEnd = lying.engines.map((_, i) => passed(counts, i, "to-gateway") + passed(counts, i, "to-engine"));
    });
  }

  look(id: string): Promise<readonly LinkAccount[]> {
    return Promise.resolve().then(() => {
      const lying = this.#lying.get(id);
      if (lying === undefined) return [];
      const counts = this.#counts(lying);
      return lying.engines.map((_, i) => this.#account(lying, i, counts));
    });
  }

  #account(lying: Lying, i: number, counts: Counts): LinkAccount {
    const { engine, address, ports } = lying.engines[i] as RuledEngine;
    const { disturbance, endedNs, passedAtEnd } = lying;
    const forMs = ((endedNs ?? this.#clock.nowNs()) - lying.beganNs) / NS_PER_MS;
    const hit = (way: LinkDirection): { packets: number; bytes: number } => at(counts, counter(i, way, "hit"));
    const packets = hit("to-gateway").packets + hit("to-engine").packets;
    const bytes = hit("to-gateway").bytes + hit("to-engine").bytes;
    const passedBytes = { "to-gateway": passed(counts, i, "to-gateway"), "to-engine": passed(counts, i, "to-engine") };
    const silent = (way: LinkDirection): number =>
      disturbance.kind === "silence" && disturbance.directions.includes(way) ? forMs : 0;
    const pid = this.#pidOf(engine);
    return {
      engine,
      forMs,
      open: pid === null ? 0 : openConnections(pid, address, ports),
      accepted: 0,
      refused: disturbance.kind === "refuse" ? packets : 0,
      reset: disturbance.kind === "refuse" && disturbance.reset ? packets : 0,
      // What the kernel dropped is sent again by TCP: it waits until it gets through.
      heldBytes: endedNs === null && disturbance.kind !== "refuse" ? bytes : 0,
      lostBytes: bytes,
      passedBytes,
      silentMs: { "to-gateway": silent("to-gateway"), "to-engine": silent("to-engine") },
      // Whoever sent first has waited since; how long a lost packet took to come again, the kernel does not tell.
      worstDelayMs: disturbance.kind === "silence" && packets > 0 ? forMs : 0,
      retransmissions: disturbance.kind === "refuse" ? 0 : packets,
      messages: 0,
      edited: 0,
      passedSinceEnd:
        endedNs === null ? 0 : passedBytes["to-gateway"] + passedBytes["to-engine"] - (passedAtEnd[i] ?? 0),
    };
  }

  #counts({ table }: Lying): Counts {
    const text = this.#namespace.nft(["-j", "list", "counters", "table", "inet", table]);
    const { nftables } = JSON.parse(text) as {
      nftables: { counter?: { name: string; packets: number; bytes: number } }[];
    };
    return new Map(nftables.flatMap(({ counter: one }) => (one === undefined ? [] : [[one.name, one] as const])));
  }
}

function at(counts: Counts, name: CounterName): { readonly packets: number; readonly bytes: number } {
  return counts.get(name) ?? { packets: 0, bytes: 0 };
}

function passed(counts: Counts, i: number, way: LinkDirection): number {
  return at(counts, counter(i, way, "seen")).bytes - at(counts, counter(i, way, "hit")).bytes;
}

function portsOf({ http, ranks }: EngineEndpoints, names: readonly LinkPortName[]): number[] {
  return [
    ...(names.includes("http") ? [portOf(http)] : []),
    ...(names.includes("events") ? ranks.map(({ events }) => portOf(events)) : []),
    ...(names.includes("replay") ? ranks.flatMap(({ replay }) => (replay === null ? [] : [portOf(replay)])) : []),
  ];
}
