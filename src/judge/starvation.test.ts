/** On a machine without CPU for what is judged, lateness is the machine's; what lateness cannot explain is still found. */
import { describe, expect, it } from "vitest";
import { aHistory, type HistoryBuilder } from "./testing/a-history.js";

/** A block that was stored long ago and is not credited: Δ of these histories is 100 ms. */
function lateStore(waitedS: Readonly<Record<string, number>>): HistoryBuilder {
  const history = aHistory().engine("a").prompt("p", 4);
  usage(history, {});
  history.stores("a", "p").wait(250).asks("p", {});
  return usage(history, waitedS);
}

function usage(history: HistoryBuilder, waitedS: Readonly<Record<string, number>>): HistoryBuilder {
  for (const process of ["gateway", "a", "b"]) {
    const kind = process === "gateway" ? "gateway" : "engine";
    const cpuWaitSeconds = waitedS[process] ?? 0;
    history.add({ k: "resource", process, kind, rssBytes: 1, cpuSeconds: 1, cpuWaitSeconds });
  }
  return history;
}

async function resultOf(history: HistoryBuilder, id: string) {
  const { properties } = await history.judged();
  return properties.find((property) => property.id === id);
}

describe("a violation of the staleness bound", () => {
  it("fails while everybody had a CPU", async () => {
    expect(await resultOf(lateStore({ gateway: 0.01, a: 0.01 }), "S2")).toMatchObject({ verdict: "fail" });
  });

  it("is unknown, and says why, when the system under test waited for one", async () => {
    const result = await resultOf(lateStore({ gateway: 0.2 }), "S2");
    expect(result).toMatchObject({ verdict: "unknown", violationCount: 1 });
    expect(result?.reason).toContain("the system under test waited 200 ms for one, a 0 ms (Δ is 100 ms)");
  });

  it("is unknown when the engine waited for one; another engine is no excuse", async () => {
    expect(await resultOf(lateStore({ a: 0.2 }), "S2")).toMatchObject({ verdict: "unknown" });
    expect(await resultOf(lateStore({ b: 0.2 }), "S2")).toMatchObject({ verdict: "fail" });
  });

  it("fails when a single one happened in peace", async () => {
    const history = lateStore({ gateway: 0.2 }).wait(3000);
    usage(history, { gateway: 0.2 }).wait(10).asks("p", {});
    expect(await resultOf(usage(history, { gateway: 0.2 }), "S2")).toMatchObject({
      verdict: "fail",
      violationCount: 2,
    });
  });

  it("waiting in an earlier life of the process explains nothing", async () => {
    const history = aHistory().engine("a").prompt("p", 4);
    usage(history, { gateway: 5 }).stores("a", "p").wait(250).asks("p", {});
    expect(await resultOf(usage(history, { gateway: 0.2 }), "S2")).toMatchObject({ verdict: "fail" });
  });
});

describe("an invention", () => {
  it("is never excused", async () => {
    const history = aHistory().engine("a").prompt("p", 4);
    usage(history, {}).wait(50).asks("p", { a: 4 });
    expect(await resultOf(usage(history, { gateway: 0.2, a: 0.2 }), "S0")).toMatchObject({ verdict: "fail" });
  });
});

describe("credit for a prefix that was not held at one moment of the window", () => {
  const waited = { gateway: 0.2, a: 0.2 };

  it("is a matter of Δ when all of it was held before", async () => {
    const history = aHistory().engine("a").prompt("p", 4).stores("a", "p").wait(100);
    usage(history, {}).removes("a", "p").wait(150).asks("p", { a: 4 });
    expect(await resultOf(usage(history, waited), "S3")).toMatchObject({ verdict: "unknown", violationCount: 1 });
  });

  it("is none when its parts were held one after the other, or one of them never", async () => {
    const mixed = aHistory().engine("a").prompt("p", 4).stores("a", "p", { to: 2 }).wait(100);
    usage(mixed, {}).removes("a", "p", { to: 2 }).wait(20).stores("a", "p", { from: 2 }).wait(20).asks("p", { a: 4 });
    expect(await resultOf(usage(mixed, waited), "S3")).toMatchObject({ verdict: "fail" });
    const beheaded = aHistory().engine("a").prompt("p", 4).stores("a", "p", { from: 1 }).wait(100);
    usage(beheaded, {}).wait(20).asks("p", { a: 4 });
    expect(await resultOf(usage(beheaded, waited), "S3")).toMatchObject({ verdict: "fail" });
  });
});

describe("the old life of an engine in an answer", () => {
  const restarted = (waited: Readonly<Record<string, number>>) => {
    const history = aHistory().engine("a").prompt("p", 3).stores("a", "p").wait(150).dies("a").returns("a");
    usage(history.stores("a", "p", { to: 1 }), {})
      .wait(400)
      .asks("p", { a: 3 });
    return resultOf(usage(history, waited), "M3");
  };

  it("is a matter of time", async () => {
    expect(await restarted({ gateway: 0.2 })).toMatchObject({ verdict: "unknown", violationCount: 1 });
    expect(await restarted({ gateway: 0.01 })).toMatchObject({ verdict: "fail" });
  });
});
