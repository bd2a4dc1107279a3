import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judgeHistory } from "../judge.js";
import { aHistory } from "../testing/a-history.js";
import { readHistory } from "./history-reader.js";
import { HistoryWriter } from "./history-writer.js";
import type { HistoryRecord } from "./records.js";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "kvproof-history-"))));
afterEach(() => rmSync(dir, { recursive: true }));

const records = aHistory().engine("ä/1").prompt("p", 3).stores("ä/1", "p").wait(200).asks("p", { "ä/1": 3 }).finished();
const lines = records.map((record) => `${JSON.stringify(record)}\n`);

async function read(path: string): Promise<HistoryRecord[]> {
  const found: HistoryRecord[] = [];
  for await (const record of readHistory(path)) found.push(record);
  return found;
}

async function written(name: string, some: readonly HistoryRecord[] = records): Promise<string> {
  const path = join(dir, name);
  const writer = new HistoryWriter(path);
  for (const record of some) {
    writer.append(record);
    await writer.ready();
  }
  await writer.close();
  return path;
}

describe("history files", () => {
  it.each(["history.ndjson.gz", "history.ndjson"])(
    "come back from %s as they were written, by file or by run directory",
    async (name) => {
      const path = await written(name);
      expect(await read(path)).toEqual(records);
      expect(await read(dir)).toEqual(records);
      const bytes = readFileSync(path);
      expect((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString()).toBe(lines.join(""));
    },
  );

  it("are judged from the file as from memory", async () => {
    expect(await judgeHistory(await written("history.ndjson.gz"))).toEqual(await judgeHistory(records));
  });

  it("keep up with a writer that is faster than the disk, and close twice without harm", async () => {
    const path = join(dir, "big.ndjson.gz");
    const writer = new HistoryWriter(path);
    for (let i = 0; i < 20_000; i++) {
      writer.append({ k: "mark", at: i, name: "x".repeat(100) });
      if (i % 100 === 0) await writer.ready();
    }
    await Promise.all([writer.close(), writer.close()]);
    expect(gunzipSync(readFileSync(path)).toString().split("\n")).toHaveLength(20_001);
    expect(() => writer.append(records[0]!)).toThrow("append to the closed history");
  });

  it("say where they cannot be written", async () => {
    const writer = new HistoryWriter(join(dir, "no", "such", "history.ndjson.gz"));
    await expect(writer.close()).rejects.toThrow(/ENOENT.*history\.ndjson\.gz/);
  });

  it("are refused with the line number when gzip data end early", async () => {
    const many = Array.from(
      { length: 30_000 },
      (_, i): HistoryRecord => ({ k: "mark", at: 2e9 + i, name: `m${Math.sin(i)}` }),
    );
    const path = await written("cut.ndjson.gz", [records[0]!, ...many]);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    await expect(judgeHistory(path)).rejects.toMatchObject({
      code: "KVP_E_HISTORY_INVALID",
      message: expect.stringMatching(/cut\.ndjson\.gz line \d{4,}: unexpected end of file/) as string,
    });
  });

  it.each([
    [
      "is cut off in the middle",
      lines.join("").slice(0, -10),
      `line ${lines.length}: cut off in the middle of a record`,
    ],
    ["holds something else than JSON", `${lines[0]}}{\n${lines[1]}`, "line 2: not JSON"],
    ["has an empty line", `${lines[0]}\n${lines[1]}`, "line 2: not JSON"],
    [
      "holds a record of an unknown kind",
      `${lines[0]}{"k":"quark","at":1}\n`,
      'line 2: unknown kind of record "quark"',
    ],
    [
      "holds a record without its fields",
      `${lines[0]}{"k":"query","at":1,"inv":1,"ret":1,"probe":"sample"}\n`,
      'line 2: a "query" record whose prompt is not a string',
    ],
    [
      "is of another version",
      lines[0]!.replace('"version":1', '"version":2'),
      "line 1: history version 2; this kvproof reads version 1",
    ],
    [
      "does not begin with the run",
      lines.slice(1).join(""),
      'line 1: a history begins with its run record, not with "engine"',
    ],
    ["is empty", "", "the history is empty"],
  ])("are refused with the line when one %s", async (_, text, message) => {
    const path = join(dir, "history.ndjson");
    writeFileSync(path, text);
    await expect(judgeHistory(path)).rejects.toMatchObject({
      code: "KVP_E_HISTORY_INVALID",
      message: expect.stringContaining(message) as string,
    });
  });

  it("are refused when they are no gzip, or not there", async () => {
    writeFileSync(join(dir, "history.ndjson.gz"), lines.join(""));
    await expect(judgeHistory(dir)).rejects.toThrow(/line 1: incorrect header check/);
    await expect(judgeHistory(join(dir, "elsewhere"))).rejects.toMatchObject({ code: "KVP_E_FILE_NOT_FOUND" });
    writeFileSync(join(dir, "history.ndjson.gz"), gzipSync(""));
    await expect(judgeHistory(dir)).rejects.toThrow("the history is empty");
  });
});
