/** A panel or an alert that asks for a metric nobody exports stays empty, and looks like peace. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(read("deploy/grafana/kvproof-gateway.json")) as { panels: Panel[] };
const { groups } = parse(read("deploy/grafana/alerts.yaml")) as {
  groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
};

/** docs/reference/metrics.md is held to what the gateway exports by a test of its own. */
const reference = read("docs/reference/metrics.md");
const engineMetrics = read("src/engine/http/metrics/families.ts");

function unknownIn(expr: string): string[] {
  const names = expr.match(/\b(?:kvproof_gateway_|vllm:|nodejs_|process_)\w+/g) ?? [];
  const labels = [...expr.matchAll(/(?:reason|state|result)!?="([^"]+)"/g)].map(([, value]) => `\`${value}\``);
  const known = (name: string): boolean => {
    if (name.startsWith("vllm:")) return engineMetrics.includes(`"${name}"`);
    const family = name.replace(/_bucket$/, "");
    return reference.includes(`\`${family}\``) || family === "process_resident_memory_bytes";
  };
  return [...names.filter((name) => !known(name)), ...labels.filter((label) => !reference.includes(label))];
}

describe("the Grafana dashboard", () => {
  const shown = dashboard.panels.filter(({ type }) => type !== "row");

  it("asks only for what is exported", () => {
    for (const { title, targets = [] } of shown)
      for (const { expr } of targets) expect(unknownIn(expr), `${title}: ${expr}`).toEqual([]);
    expect(unknownIn('rate(kvproof_gateway_nothing_total{reason="none-such"}[1m])')).toHaveLength(2);
  });

  it("says in each panel what is seen, and lays none over another", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { title, description, gridPos, targets = [] } of shown) {
      expect(description, title).toMatch(/\.$/);
      expect(targets.length, title).toBeGreaterThan(0);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        expect(taken.has(`${x} ${gridPos.y}`), title).toBe(false);
        taken.add(`${x} ${gridPos.y}`);
      }
    }
  });
});

describe("the alerts", () => {
  it("ask only for what is exported, each with a summary", () => {
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(3);
    for (const { alert, expr, annotations } of rules) {
      expect(unknownIn(expr), alert).toEqual([]);
      expect(annotations.summary, alert).not.toBe("");
    }
  });
});
