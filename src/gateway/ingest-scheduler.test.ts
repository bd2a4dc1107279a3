import { describe, expect, it } from "vitest";
import { waitFor } from "../base/async.js";
import { type IngestSource, IngestScheduler } from "./ingest-scheduler.js";

/** A source with `work` steps; each calls `onStep`. */
function source(name: string, work: number, order: string[] = [], onStep = () => {}): IngestSource & { left: number } {
  return {
    left: work,
    step() {
      if (this.left === 0) return false;
      this.left--;
      order.push(name);
      onStep();
      return true;
    },
  };
}

describe("ingest scheduler", () => {
  it("lets a query in every 2 ms while an event storm is applied", async () => {
    let ms = 0;
    const scheduler = new IngestScheduler({}, () => ms);
    const storm = source("storm", 4000, [], () => {
      ms += 0.05;
    });
    scheduler.wake(storm);
    const waits: number[] = [];
    await new Promise<void>((resolve) => {
      const query = (since: number): void => {
        waits.push(ms - since);
        if (storm.left === 0) resolve();
        else setImmediate(query, ms);
      };
      setImmediate(query, ms);
    });
    // The time is looked at every 8 steps of 0.05 ms.
    expect(Math.max(...waits)).toBeLessThanOrEqual(2.4);
    expect(waits.length).toBeGreaterThan(80);
  });

  it("serves a quiet engine after at most one turn of each busy one", async () => {
    const order: string[] = [];
    const scheduler = new IngestScheduler({ sliceMs: 1000, stepsPerTurn: 10 });
    const quiet = source("quiet", 1, order);
    scheduler.wake(source("busy 1", 1000, order));
    scheduler.wake(source("busy 2", 1000, order));
    scheduler.wake(quiet);
    await waitFor(() => quiet.left === 0, { describe: "the quiet engine's turn", timeoutMs: 2000 });
    expect(order.indexOf("quiet")).toBe(20);
  });

  it("takes a source that is woken again while it works, and forgets one that is done", async () => {
    const scheduler = new IngestScheduler();
    const first = source("first", 3);
    scheduler.wake(first);
    scheduler.wake(first);
    await waitFor(() => scheduler.backlog === 0, { describe: "the rota to be empty", timeoutMs: 2000 });
    expect(first.left).toBe(0);
    first.left = 2;
    scheduler.wake(first);
    await waitFor(() => first.left === 0, { describe: "the second round", timeoutMs: 2000 });
  });
});
