/** Evidence is for people who pass it on: it must not name a token, fill a disk, or keep a run from ending. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../../base/async.js";
import { Collection, COLLECTION_LIMITS, NOT_COLLECTED } from "./collection.js";

const TOKEN = "0123456789abcdef";

function aCollection(limits: Partial<typeof COLLECTION_LIMITS> = {}) {
  const dir = mkdtempSync(join(tmpdir(), "kvproof-evidence-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const read = (name: string): string => readFileSync(join(dir, name), "utf8");
  return { dir, read, collection: new Collection(join(dir), [TOKEN, "short"], { ...COLLECTION_LIMITS, ...limits }) };
}

describe("a collection of evidence", () => {
  it("holds no secret, neither in a file nor in what is said of one", async () => {
    const { collection, read } = aCollection();
    collection.write("a/log.txt", `Authorization: Bearer ${TOKEN}, short words stay`);
    await collection.piece("metrics", () => Promise.reject(new Error(`401 for ${TOKEN}`)));
    expect(read("a/log.txt")).toBe("Authorization: Bearer …, short words stay");
    expect(read(NOT_COLLECTED)).toBe("metrics: 401 for …\n");
  });

  it("keeps the end of what is too long, and says how much is left out", () => {
    const { collection, read } = aCollection({ fileCharacters: 5 });
    collection.write("log", "first, last!");
    expect(read("log")).toBe("… 7 characters before this are left out\nlast!");
  });

  it("waits for nothing for ever, and begins nothing when its time is over", async () => {
    const { collection, read } = aCollection({ pieceMs: 20, allMs: 30 });
    const never = (): Promise<string> => new Promise(() => undefined);
    expect(await collection.piece("one that hangs", never)).toBeNull();
    expect(await collection.piece("another", never)).toBeNull();
    // Timers may come a fraction of a millisecond before their time.
    const third = async (): Promise<boolean> =>
      (await collection.piece("a third", () => Promise.resolve("late"))) === null;
    await waitFor(third, { describe: "the time for evidence to be over", timeoutMs: 2000, intervalMs: 2 });
    const lines = read(NOT_COLLECTED).trim().split("\n");
    expect(lines[0]).toMatch(/^one that hangs: waited \d+(\.\d+)? ms for one that hangs$/);
    expect(lines[2]).toBe("a third: the 30 ms for evidence were over");
  });

  it("makes no empty files", () => {
    const { collection, dir } = aCollection();
    collection.write("nothing", "");
    expect(readdirSync(dir)).toEqual([]);
  });
});
