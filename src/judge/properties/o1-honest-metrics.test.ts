import { describe, expect, it } from "vitest";
import { aHistory } from "../testing/a-history.js";

const sent = () =>
  aHistory().engine("a").prompt("p", 2).stores("a", "p", { to: 1 }).stores("a", "p", { from: 1 }).wait(600);

describe("O1 honest metrics", () => {
  it("finds sent batches that no counter accounts for", async () => {
    expect((await sent().counters("a", { received: 1, applied: 1 }).verdictOf("O1")).violations[0]?.summary).toContain(
      "accounts for 1 of the 2",
    );
  });

  it("finds counters that do not add up, and more applied than sent", async () => {
    expect((await sent().counters("a", { received: 3, applied: 2 }).verdictOf("O1")).violations[0]?.summary).toContain(
      "received 3 batches and accounts for 2",
    );
    expect((await sent().counters("a", { received: 1, applied: 2 }).verdictOf("O1")).violations[0]?.summary).toContain(
      "accounts for 2 batches but received 1",
    );
    expect((await sent().counters("a", { received: 3, applied: 3 }).verdictOf("O1")).violations[0]?.summary).toContain(
      "the engine sent 2",
    );
  });

  it("finds batches that no counter accounts for although the run ends with everybody leaving", async () => {
    const drained = sent().counters("a", { received: 1, applied: 1 }).add({ k: "phase", name: "drain" }).leaves("a");
    expect((await drained.verdictOf("O1")).violations[0]?.summary).toContain("accounts for 1 of the 2");
  });

  it("finds a counter that goes backwards", async () => {
    const history = sent().counters("a", { received: 2, applied: 2 }).counters("a", { received: 1, applied: 1 });
    expect((await history.verdictOf("O1")).verdict).toBe("fail");
  });

  it("holds when everything adds up, with duplicates of a replay", async () => {
    expect((await sent().counters("a", { received: 4, applied: 2, duplicate: 2 }).verdictOf("O1")).verdict).toBe(
      "pass",
    );
  });

  it("does not demand batches of a life that was killed, or lost in a fault", async () => {
    const killed = aHistory()
      .engine("a")
      .prompt("p", 1)
      .stores("a", "p")
      .dies("a")
      .returns("a")
      .stores("a", "p")
      .wait(600);
    expect((await killed.counters("a", { received: 1, applied: 1 }).verdictOf("O1")).verdict).toBe("pass");
    const cut = sent().fault("cut", "injected").fault("cut", "recovered").counters("a", { received: 1, applied: 1 });
    expect((await cut.verdictOf("O1")).verdict).toBe("pass");
  });

  it("is idle without samples and not asked of systems without counters", async () => {
    expect((await sent().verdictOf("O1")).verdict).toBe("unknown");
    expect((await aHistory({ capabilities: { metrics: false } }).verdictOf("O1")).verdict).toBe("not-applicable");
  });
});
