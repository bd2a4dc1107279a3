/** `kvproof run --profile`: profiles of gateway and engines, as files and in the report; a heap snapshot only when memory is at fault. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { cpuTree, hottest } from "../../src/base/profile/profile-tree.js";
import type { CpuProfile } from "../../src/base/profile/v8-profile.js";
import { memoryFailed } from "../../src/campaign/profile/profiling.js";
import type { JudgeReport } from "../../src/judge/verdict.js";
import { SMALL, Workspace } from "./campaign-cli.js";

const RUN_MS = 60_000;

describe("kvproof run --profile", { timeout: RUN_MS }, () => {
  it("writes what gateway and engines did while measured, and draws it", async () => {
    const workspace = new Workspace();
    const file = workspace.write("small.yaml", SMALL.replace("1500ms", "3s"));
    const { stderr } = await workspace.run("run", file, "--quiet", "--profile", "cpu,heap");
    const folder = join(workspace.runDir("small"), "profiles");
    const endings = ["cpu.pb.gz", "cpuprofile", "heap.pb.gz", "heapprofile"];
    const expected = ["gateway", "llama-1", "llama-2"].flatMap((name) => endings.map((ending) => `${name}.${ending}`));
    expect(existsSync(folder) ? readdirSync(folder).sort() : stderr).toEqual(expected);
    const profile = JSON.parse(readFileSync(join(folder, "gateway.cpuprofile"), "utf8")) as CpuProfile;
    const names = hottest(cpuTree(profile)).map(({ name }) => name);
    // What a gateway under load does all the time: it answers requests and writes to its connections.
    expect(
      names.filter((name) => ["writev", "parseJsonWithTokens", "#dispatch", "#collect"].includes(name)),
    ).not.toEqual([]);
    expect(gunzipSync(readFileSync(join(folder, "gateway.cpu.pb.gz"))).includes("nanoseconds")).toBe(true);
    const report = readFileSync(join(workspace.runDir("small"), "report.html"), "utf8");
    const svgs = report.match(/<svg viewBox="[^"]*" role="img" aria-label="flame graph of [\s\S]*?<\/svg>/g) ?? [];
    expect(svgs).toHaveLength(6);
    for (const svg of svgs) expect(XMLValidator.validate(svg)).toBe(true);
  });

  it("knows no other kinds", async () => {
    const workspace = new Workspace();
    const { exitCode, stderr } = await workspace.run("run", workspace.write("s.yaml", SMALL), "--profile", "gpu");
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/It must be cpu, heap or both/);
  });

  it("keeps the heap snapshot when the leak property or a threshold on memory fails, and for nothing else", () => {
    const report = (id: string, measure: string, verdict: string) =>
      ({ properties: [{ id, verdict }], thresholds: [{ measure, verdict }] }) as unknown as JudgeReport;
    expect(memoryFailed(report("B1", "query_ms", "fail"))).toBe(true);
    expect(memoryFailed(report("S1", "gateway_heap_bytes", "fail"))).toBe(true);
    expect(memoryFailed(report("B1", "gateway_heap_bytes", "pass"))).toBe(false);
    expect(memoryFailed(report("S1", "query_ms", "fail"))).toBe(false);
    expect(memoryFailed(null)).toBe(false);
  });
});
