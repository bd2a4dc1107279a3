import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const cached = () =>
  aHistory().engine("a").prompt("p", 2).prompt("p+lora", { blocks: 2, adapter: "sql@v1" }).stores("a", "p").wait(150);

describe("I1 model, adapter and salt isolation", () => {
  it("finds an adapter's prompt that matches blocks of the base model, with no staleness allowed", async () => {
    const result = await cached().asks("p+lora", { a: 2 }, { probe: "cross", twin: "p" }).verdictOf("I1");
    expect(result).toMatchObject({
      verdict: "fail",
      violations: [{ engine: "a", proof: { adapter: "sql@v1", claimed: 2 } }],
    });
    expect(result.violations[0]?.summary).toContain("cached as prompt p");
  });

  it("finds an answer that names an engine of another model, in a fault too", async () => {
    const history = aHistory()
      .engine("a")
      .engine("z", { model: "n" })
      .prompt("p", 2)
      .stores("a", "p")
      .fault("cut", "injected");
    const result = await history.asks("p", { a: 2, z: 2 }).verdictOf("I1");
    expect(result.violations.map((v) => v.engine)).toEqual(["z"]);
  });

  it("holds when the other lineage matches nothing, or only what is cached under it", async () => {
    const history = cached()
      .asks("p+lora", {}, { probe: "cross", twin: "p" })
      .stores("a", "p+lora", { to: 1 })
      .wait(150);
    const result = await history.asks("p+lora", { a: 1 }, { probe: "cross", twin: "p" }).verdictOf("I1");
    expect(result).toMatchObject({ verdict: "pass", opportunities: 2 });
  });

  it("does not count cross probes whose twin is not cached anywhere", async () => {
    const history = cached().removes("a", "p").asks("p+lora", {}, { probe: "cross", twin: "p" });
    expect(await history.verdictOf("I1")).toMatchObject({ verdict: "unknown", opportunities: 0 });
  });
});
