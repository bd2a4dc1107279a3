import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { delay, mapLimit, waitFor, withTimeout } from "./async.js";
import { identityChain, lineageIdentity } from "./block-identity.js";
import { ManualClock, systemClock } from "./clock.js";
import { errorsPage } from "./error-docs.js";
import { describeError, errorCatalogue, KvproofError, UsageError } from "./errors.js";
import { packageRoot } from "./package-root.js";
import { Rng } from "./rng.js";

describe("errors", () => {
  it("tell code, fact and remedy in one line", () => {
    const text = describeError(new UsageError("KVP_E_FILE_NOT_FOUND", "no file x.yaml"));
    expect(text).toBe("KVP_E_FILE_NOT_FOUND: no file x.yaml. Check the path.");
  });

  it("carry the documented exit code", () => {
    expect(new KvproofError("KVP_E_ADDRESS_IN_USE", "x").exitCode).toBe(69);
  });

  it("are all documented: docs/reference/errors.md is current", () => {
    expect(readFileSync(`${packageRoot}/docs/reference/errors.md`, "utf8")).toBe(errorsPage());
    for (const [code, { meaning, remedy }] of Object.entries(errorCatalogue)) {
      expect(code).toMatch(/^KVP_E_[A-Z_]+$/);
      expect(meaning && remedy).toMatch(/\.$/);
    }
  });
});

describe("waiting", () => {
  it("returns what the condition found", async () => {
    let looks = 0;
    expect(
      await waitFor(() => (++looks === 3 ? "there" : null), {
        describe: "three looks",
        timeoutMs: 1000,
        intervalMs: 1,
      }),
    ).toBe("there");
  });

  it("says what was awaited, for how long, and what was seen last", async () => {
    const waiting = waitFor(
      () => {
        throw new Error("connection refused");
      },
      { describe: "engine a/1 to answer", timeoutMs: 30, intervalMs: 5 },
    );
    await expect(waiting).rejects.toThrow("waited 30 ms for engine a/1 to answer; last: connection refused");
  });

  it("ends with the signal", async () => {
    const abort = new AbortController();
    const waiting = waitFor(() => false, { describe: "nothing", timeoutMs: 60_000, signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "KVP_E_INTERRUPTED" });
    await delay(60_000, abort.signal);
  });

  it("bounds a promise that never settles", async () => {
    await expect(withTimeout(new Promise(() => undefined), 10, "an answer")).rejects.toThrow(
      "waited 10 ms for an answer",
    );
  });

  it("runs at most so many at once, in order of the items", async () => {
    let running = 0;
    let peak = 0;
    const results = await mapLimit([1, 2, 3, 4, 5, 6], 2, async (n) => {
      running += 1;
      peak = Math.max(peak, running);
      await delay(1);
      running -= 1;
      return n * n;
    });
    expect(results).toEqual([1, 4, 9, 16, 25, 36]);
    expect(peak).toBe(2);
  });
});

describe("seeded randomness", () => {
  it("repeats from the same seed and differs between purposes", () => {
    const draw = (rng: Rng): number[] => Array.from({ length: 8 }, () => rng.u32());
    expect(draw(new Rng(7))).toEqual(draw(new Rng(7)));
    expect(draw(new Rng(7).fork("a"))).not.toEqual(draw(new Rng(7).fork("b")));
  });

  it("stays within its bounds", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: -100, max: 100 }), fc.nat(200), (seed, low, span) => {
        const value = new Rng(seed).int(low, low + span);
        return value >= low && value <= low + span;
      }),
    );
  });
});

describe("block identity", () => {
  const lineage = { model: "m", adapter: null, salt: null };

  it("is equal exactly for equal prefixes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 24 }), fc.array(fc.nat(3), { maxLength: 24 }), (a, b) => {
        const [left, right] = [identityChain(lineage, a, 4), identityChain(lineage, b, 4)];
        left.forEach((identity, block) => {
          const same = a.slice(0, (block + 1) * 4).join() === b.slice(0, (block + 1) * 4).join();
          expect(identity === right[block]).toBe(same);
        });
      }),
    );
  });

  it("keeps models, adapters and salts apart although the tokens are the same", () => {
    const lineages = [
      lineage,
      { ...lineage, model: "n" },
      { ...lineage, adapter: "sql@./a" },
      { ...lineage, adapter: "sql@./b" },
      { ...lineage, salt: "sql@./a" },
    ];
    expect(new Set(lineages.map(lineageIdentity)).size).toBe(lineages.length);
    expect(new Set(lineages.map((one) => identityChain(one, [1, 2, 3, 4], 4)[0])).size).toBe(lineages.length);
  });
});

describe("clocks", () => {
  it("the system's is monotonic; the manual one moves only when told", () => {
    const before = systemClock.nowNs();
    expect(systemClock.nowNs()).toBeGreaterThanOrEqual(before);
    const manual = new ManualClock();
    manual.advanceMs(2);
    expect([manual.nowNs(), manual.wallSeconds()]).toEqual([2e6, 1_700_000_000.002]);
  });
});
