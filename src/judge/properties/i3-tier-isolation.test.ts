import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const offloaded = () =>
  aHistory()
    .engine("a")
    .prompt("p", 2)
    .stores("a", "p")
    .stores("a", "p", { medium: "CPU" })
    .removes("a", "p", { from: 1 })
    .wait(150);
const hybrid = () =>
  aHistory()
    .engine("a", { groups: 2 })
    .prompt("p", 2)
    .stores("a", "p")
    .stores("a", "p", { group: 1 })
    .removes("a", "p", { from: 1, group: 1 })
    .wait(150);

describe("I3 tier and group isolation", () => {
  it("keeps a block that left the GPU and is still on the CPU", async () => {
    const result = await offloaded().asks("p", { a: 1 }).verdictOf("I3");
    expect(result).toMatchObject({ verdict: "fail", violations: [{ engine: "a", proof: { claimed: 1, certain: 2 } }] });
    expect((await offloaded().asks("p", { a: 2 }).verdictOf("I3")).verdict).toBe("pass");
  });

  it("drops a block that one group lacks, though the other group holds it", async () => {
    const result = await hybrid().asks("p", { a: 2 }).verdictOf("I3");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "a", proof: { claimed: 2, possible: 1 } }],
    });
    expect(await hybrid().asks("p", { a: 1 }).verdictOf("I3")).toMatchObject({ verdict: "pass", opportunities: 1 });
  });

  it("is idle when no block is in one place and missing in another", async () => {
    const history = aHistory().engine("a").prompt("p", 2).stores("a", "p").wait(150).asks("p", { a: 2 });
    expect(await history.verdictOf("I3")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
