import { describe, expect, it } from "vitest";
import type { Quiet } from "../history/records.js";
import { aHistory, type HistoryBuilder } from "../testing/a-history.js";

const CHECK = "fault-is-told";

/** `telling` happens 50 ms after the cut of engines a and b; then it recovers. */
function cut(telling: (history: HistoryBuilder) => void, options: { quiet?: Quiet; targets?: string[] } = {}) {
  const { quiet, targets = ["engines/a", "engines/b"] } = options;
  const history = aHistory({ checks: [CHECK] })
    .engine("a")
    .engine("b")
    .engine("c");
  const said = quiet === undefined ? {} : { quiet };
  history.add({ k: "fault", id: "cut", fault: "link.partition", targets, event: "injected", ...said });
  history.fault("cut", "effective", targets).wait(50);
  telling(history);
  return history.wait(50).fault("cut", "recovered", targets);
}

const line = (engine?: string, message = "connection lost") =>
  ({ k: "log", level: "warn", message, ...(engine === undefined ? {} : { engine }) }) as const;
const moved = (engine?: string) =>
  ({ k: "metric", metric: "gaps_total", from: 0, to: 1, ...(engine === undefined ? {} : { engine }) }) as const;

describe("fault-is-told", () => {
  it("wants a line and a metric that name one of the engines", async () => {
    const told = await cut((h) => void h.add(line("a")).add(moved("b"))).verdictOf(CHECK);
    expect(told).toMatchObject({ verdict: "pass", opportunities: 2 });
    const inText = await cut((h) => void h.add(line(undefined, "lost a")).add(moved("a"))).verdictOf(CHECK);
    expect(inText.verdict).toBe("pass");
  });

  it("finds a fault that was suffered in silence, or blamed on somebody else", async () => {
    const silent = await cut(() => {}).verdictOf(CHECK);
    expect(silent).toMatchObject({ verdict: "fail", violationCount: 2 });
    expect(silent.violations[0]).toMatchObject({ engine: "a" });
    expect(silent.violations[0]?.summary).toContain("no line of its log named a or b");
    const blamed = await cut((h) => void h.add(line("c")).add(moved("c"))).verdictOf(CHECK);
    expect(blamed.violationCount).toBe(2);
    expect((await cut((h) => void h.add(line("a"))).verdictOf(CHECK)).violations).toMatchObject([
      { proof: { wanted: "metric" } },
    ]);
  });

  it("takes what is said until ρ after the recovery, and nothing from before or later", async () => {
    const late = (ms: number) =>
      cut(() => {})
        .wait(ms)
        .add(line("a"))
        .add(moved("a"))
        .verdictOf(CHECK);
    expect((await late(900)).verdict).toBe("pass");
    expect((await late(1100)).verdict).toBe("fail");
    const early = aHistory({ checks: [CHECK] })
      .engine("a")
      .add(line("a"))
      .add(moved("a"));
    early.fault("cut", "injected", ["engines/a"]).fault("cut", "effective", ["engines/a"]);
    expect((await early.fault("cut", "recovered", ["engines/a"]).verdictOf(CHECK)).verdict).toBe("fail");
  });

  it("does not take it for news of the fault that everybody leaves in the end", async () => {
    const history = cut(() => {})
      .add({ k: "phase", name: "drain" })
      .add(line("a", "unregistered"))
      .add(moved("a"));
    const report = await history.judged();
    expect(report.faults[0]).toMatchObject({ said: [], moved: [] });
    expect(report.properties.find(({ id }) => id === CHECK)).toMatchObject({ verdict: "fail" });
  });

  it("takes any engine's when the system itself or the machine was the target", async () => {
    const told = cut((h) => void h.add(line()).add(moved("c")), { targets: ["host"] });
    expect((await told.verdictOf(CHECK)).verdict).toBe("pass");
  });

  it("asks nothing where a right consumer has nothing to say, and says why", async () => {
    const quiet = { log: "time stamps mean nothing to it" };
    const result = await cut((h) => void h.add(moved("a")), { quiet }).verdictOf(CHECK);
    expect(result).toMatchObject({ verdict: "pass", opportunities: 1, measured: { cut_log_may_be_quiet: quiet.log } });
  });

  it("is idle without a fault that took effect", async () => {
    const history = aHistory({ checks: [CHECK] })
      .engine("a")
      .fault("cut", "injected")
      .fault("cut", "recovered");
    expect(await history.verdictOf(CHECK)).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});

describe("what a system says of a fault, in the report", () => {
  it("keeps alike lines once and each metric's way from first to last", async () => {
    const history = cut((h) => {
      h.add(line("a", "gap: 3 missing"))
        .add(line("a", "gap: 14 missing"))
        .add({ ...line("b"), suppressed: 4 });
      h.add(moved("a")).add({ ...moved("a"), from: 1, to: 5 });
    });
    const { faults } = await history.judged();
    expect(faults[0]?.said).toMatchObject([
      { engine: "a", message: "gap: 3 missing", times: 2 },
      { engine: "b", times: 5 },
    ]);
    expect(faults[0]?.moved).toEqual([{ metric: "gaps_total", engine: "a", from: 0, to: 5, changes: 2 }]);
  });

  it("a storm of different lines is bounded", async () => {
    const history = cut((h) => {
      for (let i = 0; i < 100; i++) h.add(line("a", "x".repeat(i + 1)));
    });
    expect((await history.judged()).faults[0]?.said).toHaveLength(40);
  });
});
