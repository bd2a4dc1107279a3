import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const stored = () => aHistory().engine("a").prompt("p", 4).stores("a", "p");

describe("B1 bounded memory", () => {
  it("finds an index above its cap", async () => {
    expect((await stored().dump({ a: 4 }, { capBlocks: 3 }).verdictOf("B1")).violations[0]?.summary).toContain(
      "its cap is 3",
    );
    expect(await stored().dump({ a: 3 }, { capBlocks: 3 }).verdictOf("B1")).toMatchObject({
      verdict: "pass",
      measured: { peak_blocks: 3 },
    });
  });

  it("finds more blocks than the engine ever mentioned", async () => {
    expect((await stored().dump({ a: 5 }).verdictOf("B1")).violations[0]?.summary).toContain("which ever mentioned 4");
  });

  it("finds what a departed engine leaves behind, side tables too", async () => {
    const left = () => stored().leaves("a").wait(400);
    expect((await left().dump({ a: 4 }).verdictOf("B1")).violations[0]?.summary).toContain("still held 4 blocks of a");
    expect((await left().dump({}, { sideEntries: 7 }).verdictOf("B1")).violations[0]?.summary).toContain(
      "7 side entries",
    );
    expect(await left().dump({}).verdictOf("B1")).toMatchObject({ verdict: "pass" });
    expect((await stored().leaves("a").wait(200).dump({ a: 4 }).verdictOf("B1")).verdict).toBe("pass");
  });

  it("is idle without dumps and not asked of systems that have none", async () => {
    expect((await stored().verdictOf("B1")).verdict).toBe("unknown");
    expect((await aHistory({ capabilities: { dump: false } }).verdictOf("B1")).verdict).toBe("not-applicable");
  });
});
