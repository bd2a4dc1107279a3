/** A disturbance → the rules that make the kernel of the engines' namespace do it, and the counters that tell of it. */
import type { LinkDirection, LinkDisturbance } from "../../links.js";

/** One engine's ports as the kernel sees them. */
export interface RuledEngine {
  readonly engine: string;
  readonly address: string;
  readonly ports: readonly number[];
}

/** Disturbances that rules can make. */
export type RuledDisturbance = Extract<LinkDisturbance, { kind: "loss" | "silence" | "refuse" }>;

export function isRuled(disturbance: { readonly kind: string }): disturbance is RuledDisturbance {
  return ["loss", "silence", "refuse"].includes(disturbance.kind);
}

export type CounterName = `e${number}-${"out" | "in"}-${"seen" | "hit"}`;

/** `to-gateway` leaves the namespace, `to-engine` enters it. */
export const SIDES: Readonly<Record<LinkDirection, "out" | "in">> = { "to-gateway": "out", "to-engine": "in" };

export function counter(index: number, direction: LinkDirection, what: "seen" | "hit"): CounterName {
  return `e${index}-${SIDES[direction]}-${what}`;
}

/** Packets are drawn in parts per million. */
const PARTS = 1_000_000;

/** `seen` counts every packet of the ports, `hit` those that did not pass. Counters outlive the rules of a disturbance. */
export function rulesOf(table: string, engines: readonly RuledEngine[], disturbance: RuledDisturbance | null): string {
  const both: readonly LinkDirection[] = ["to-gateway", "to-engine"];
  const counters = engines.flatMap((_, i) =>
    both.flatMap((way) => [counter(i, way, "seen"), counter(i, way, "hit")].map((name) => `  counter ${name} { }`)),
  );
  const chain = (way: LinkDirection): string[] => [
    `  chain ${SIDES[way]} {`,
    `    type filter hook ${way === "to-gateway" ? "output" : "input"} priority 0; policy accept;`,
    ...engines.flatMap((engine, i) => engineRules(engine, i, way, disturbance)),
    "  }",
  ];
  return [`table inet ${table} {`, ...counters, ...both.flatMap(chain), "}", ""].join("\n");
}

/** The same chains without the disturbance, counters kept. */
export function healedRules(table: string, engines: readonly RuledEngine[]): string {
  const rules = rulesOf(table, engines, null);
  return `flush chain inet ${table} out\nflush chain inet ${table} in\n${rules}`;
}

function engineRules(
  engine: RuledEngine,
  i: number,
  way: LinkDirection,
  disturbance: RuledDisturbance | null,
): string[] {
  const [who, ports] = way === "to-gateway" ? ["saddr", "sport"] : ["daddr", "dport"];
  const its = `    ip ${who} ${engine.address} tcp ${ports} { ${engine.ports.join(", ")} }`;
  const what = disturbance === null ? null : hitBy(disturbance, way);
  const seen = `${its} counter name ${counter(i, way, "seen")}`;
  return what === null ? [seen] : [seen, `${its} ${what.when} counter name ${counter(i, way, "hit")} ${what.verdict}`];
}

function hitBy(disturbance: RuledDisturbance, way: LinkDirection): { when: string; verdict: string } | null {
  switch (disturbance.kind) {
    case "loss":
      return { when: `numgen random mod ${PARTS} < ${Math.round(disturbance.probability * PARTS)}`, verdict: "drop" };
    case "silence":
      return disturbance.directions.includes(way) ? { when: "", verdict: "drop" } : null;
    case "refuse":
      // What comes in is answered with a reset; its sender and its receiver both learn of it by their next packet.
      if (way === "to-engine")
        return { when: disturbance.reset ? "" : "tcp flags & (syn | ack) == syn", verdict: "reject with tcp reset" };
      return disturbance.reset ? { when: "tcp flags & rst == 0", verdict: "reject with tcp reset" } : null;
  }
}
