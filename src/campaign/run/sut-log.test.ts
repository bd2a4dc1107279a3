import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseLogLine, SutLog } from "./sut-log.js";

const dir = mkdtempSync(join(tmpdir(), "kvproof-sut-log-"));
afterAll(() => rmSync(dir, { recursive: true }));

describe("lines of a system under test's log", () => {
  it("reads pino's lines: level, engine, message with its reason, how many were left unsaid", () => {
    expect(
      parseLogLine('{"level":40,"engine":"m/1","why":"/health fails","suppressed":3,"msg":"no new requests"}'),
    ).toEqual({ level: "warn", engine: "m/1", message: "no new requests; /health fails", suppressed: 3 });
    expect(parseLogLine('{"level":20,"msg":"debug"}')).toBeNull();
    expect(parseLogLine('{"level":50,"msg":"x"}')).toEqual({ level: "error", message: "x" });
  });

  it("takes any other program's lines as text, and guesses how grave they are", () => {
    expect(parseLogLine("WARNING: lost engine m/2")).toEqual({ level: "warn", message: "WARNING: lost engine m/2" });
    expect(parseLogLine("thread panic at main")).toMatchObject({ level: "error" });
    expect(parseLogLine('"a string"')).toMatchObject({ level: "info" });
    expect(parseLogLine("null")).toMatchObject({ level: "info", message: "null" });
    expect(parseLogLine("x".repeat(9000))?.message).toHaveLength(500);
    expect(parseLogLine("  ")).toBeNull();
  });

  it("passes over what was there, gives whole lines only, each once", async () => {
    const path = join(dir, "gateway.log");
    writeFileSync(path, "before the fault\n");
    const log = new SutLog(path);
    await log.skip();
    expect(await log.news()).toEqual([]);
    appendFileSync(path, "one\ntwo and a ha");
    expect((await log.news()).map((line) => line.message)).toEqual(["one"]);
    appendFileSync(path, "lf\n");
    expect((await log.news()).map((line) => line.message)).toEqual(["two and a half"]);
    expect(await log.news()).toEqual([]);
  });

  it("a log that is not there yet says nothing", async () => {
    const log = new SutLog(join(dir, "missing.log"));
    await log.skip();
    expect(await log.news()).toEqual([]);
  });
});
