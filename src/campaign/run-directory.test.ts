import { mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RunDirectory, utcName } from "./run-directory.js";

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), "kvproof-out-"));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

describe("run directories", () => {
  it("never overwrite each other, and `latest` is the last one", () => {
    const first = new RunDirectory(out, "e2e/happy-path", "20260101T000000Z-1");
    const second = new RunDirectory(out, "e2e/happy-path", "20260101T000000Z-1");
    expect([first.path, second.path].map((path) => basename(path))).toEqual([
      "20260101T000000Z-1",
      "20260101T000000Z-1-2",
    ]);
    expect(readlinkSync(join(out, "e2e/happy-path/latest"))).toBe("20260101T000000Z-1-2");
  });

  it("bear names that sort by time", () => {
    expect(utcName(new Date("2026-11-23T10:15:02.345Z"))).toBe("20261123T101502Z");
  });
});
