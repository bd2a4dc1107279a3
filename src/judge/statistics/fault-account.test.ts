import { describe, expect, it } from "vitest";
import { log, metric } from "../testing/single-records.js";
import { FaultAccount } from "./fault-account.js";

/** Most kinds of lines and metrics of one fault that a report shows. */
const MOST_LINES = 40;
const MOST_METRICS = 60;

/** "aa", "ab"...: names without digits, since digits do not tell lines apart. */
const name = (i: number): string => String.fromCodePoint(97 + Math.floor(i / 26), 97 + (i % 26));

describe("what the system under test said about a fault", () => {
  it("shows lines that differ in nothing but numbers once, with how often they were said or left unsaid", () => {
    const account = new FaultAccount();
    account.said(log(0, "gap of 3 batches after 17", { engine: "a" }), 10);
    account.said(log(0, "gap of 12 batches after 180", { engine: "a", suppressed: 4 }), 20);
    account.said(log(0, "gap of 3 batches after 17", { engine: "b", suppressed: 1 }), 30);
    account.said(log(0, "gap of 3 batches after 17", { engine: "a", level: "error" }), 40);
    account.said(log(0, "gap of 3 batches after 17"), 50);
    account.said(log(0, "gap of # batches after #", { engine: "a" }), 60);
    const alike = { message: "gap of 3 batches after 17" };
    expect(account.lines()).toEqual([
      { tMs: 10, level: "warn", engine: "a", ...alike, times: 7 },
      { tMs: 30, level: "warn", engine: "b", ...alike, times: 2 },
      { tMs: 40, level: "error", engine: "a", ...alike, times: 1 },
      { tMs: 50, level: "warn", engine: null, ...alike, times: 1 },
    ]);
  });

  it("shows each metric's way from before its first change to after its last", () => {
    const account = new FaultAccount();
    account.moved(metric(0, "gaps_total", 1, 2, { engine: "a" }));
    account.moved(metric(0, "gaps_total", 7, 9));
    account.moved(metric(0, "gaps_total", 2, 5, { engine: "a" }));
    account.moved(metric(0, "purges_total", 0, 1, { engine: "a" }));
    expect(account.metrics()).toEqual([
      { metric: "gaps_total", engine: "a", from: 1, to: 5, changes: 2 },
      { metric: "gaps_total", engine: null, from: 7, to: 9, changes: 1 },
      { metric: "purges_total", engine: "a", from: 0, to: 1, changes: 1 },
    ]);
  });

  it("keeps counting what it knows when it has no room for more", () => {
    const account = new FaultAccount();
    for (let i = 0; i < MOST_METRICS + 3; i++) {
      account.said(log(0, `line ${name(i)}`), i);
      account.moved(metric(0, name(i), 0, 1));
    }
    account.said(log(0, "line aa"), 99);
    account.moved(metric(0, "aa", 1, 2));
    expect(account.lines()).toHaveLength(MOST_LINES);
    expect(account.lines()[0]).toMatchObject({ message: "line aa", tMs: 0, times: 2 });
    expect(account.lines().at(-1)).toMatchObject({ message: `line ${name(MOST_LINES - 1)}` });
    expect(account.metrics()).toHaveLength(MOST_METRICS);
    expect(account.metrics()[0]).toEqual({ metric: "aa", engine: null, from: 0, to: 2, changes: 2 });
  });
});
