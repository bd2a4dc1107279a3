/** A history that stops at the first bad file is no history: what can be read is shown, what cannot is named. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleJudged } from "../testing/sample-run.js";
import { readCampaigns } from "./stored-campaigns.js";
import { campaignJson, storeCampaign } from "./testing/stored-campaign.js";

let root = "";
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), "kvproof-campaigns-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(folder: string, text: string): string {
  mkdirSync(join(root, folder), { recursive: true });
  const file = join(root, folder, "campaign.json");
  writeFileSync(file, text);
  return file;
}

describe("stored campaigns", () => {
  it("come oldest first, from any depth, each once though a link or a copy shows it again", () => {
    storeCampaign(root, { minute: 2 }, "artifacts/run-9/campaign-e2e-1");
    storeCampaign(root, { minute: 1 }, "campaigns/b");
    storeCampaign(root, { minute: 1 }, "copies/b");
    symlinkSync("b", join(root, "campaigns", "latest"));
    const { campaigns, notes } = readCampaigns(root);
    expect(campaigns.map(({ commit }) => commit)).toEqual(["commit1", "commit2"]);
    expect(notes).toEqual([]);
  });

  it("that are damaged, of another version or another's are named with the reason, and passed over", () => {
    storeCampaign(root, { minute: 1 });
    put("bad/cut", JSON.stringify(campaignJson({ minute: 2 })).slice(0, 300));
    put("bad/empty", "");
    put("bad/foreign", '{"name":"something else"}');
    put("bad/list", "[1, 2]");
    put("bad/newer", JSON.stringify({ ...campaignJson({ minute: 3 }), schemaVersion: 2 }));
    put("bad/timeless", JSON.stringify({ ...campaignJson({ minute: 4 }), startedAt: "yesterday" }));
    truncateSync(put("bad/huge", "{"), 33 * 1024 * 1024);
    mkdirSync(join(root, "bad/folder/campaign.json"), { recursive: true });
    const { campaigns, notes } = readCampaigns(root);
    expect(campaigns).toHaveLength(1);
    const named = ["cut", "empty", "folder", "foreign", "huge", "list", "newer", "timeless"];
    expect(notes.map((note) => /bad\/(\w+)\/campaign\.json \(.+\)$/.exec(note)?.[1])).toEqual(named);
    expect(notes.find((note) => note.includes("newer"))).toContain("schemaVersion");
    expect(notes.find((note) => note.includes("huge"))).toContain("at most 33554432 are read");
  });

  it("are not looked for inside run directories, of which there may be thousands", () => {
    const run = join(root, "e2e", "a", "20261123T100000Z-1");
    storeCampaign(run, { minute: 1 }, "kept");
    writeFileSync(join(run, "run.json"), "{}");
    expect(readCampaigns(root).campaigns).toEqual([]);
  });

  it("beyond the limit are left out oldest first, and that is said", () => {
    for (let minute = 0; minute < 502; minute++) storeCampaign(root, { minute, runs: [] });
    for (const oldest of [7, 8]) utimesSync(join(root, "campaigns", `${oldest}`, "campaign.json"), 1, 1);
    const { campaigns, notes } = readCampaigns(root);
    expect(campaigns).toHaveLength(500);
    expect(campaigns.filter(({ commit }) => commit === "commit7" || commit === "commit8")).toEqual([]);
    expect(notes).toEqual(["502 campaigns; the newest 500 are read"]);
  });

  it("carry no control characters to a terminal", () => {
    storeCampaign(root, { minute: 1, runs: [{ headline: "a\u001b[31mb\u007f\nc", scenario: "\u001b]0;x\u0007s" }] });
    const [run] = readCampaigns(root).campaigns[0]?.runs ?? [];
    expect(run).toMatchObject({ headline: "ab  c", scenario: "s" });
  });

  it("of versions that stored no figures get them from their runs, while those are there", () => {
    const dir = join(root, "e2e", "a", "1");
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "properties.json"), JSON.stringify(sampleJudged()));
    storeCampaign(root, { minute: 1, runs: [{ dir: "../../e2e/a/1" }, { scenario: "e2e/b", dir: "../../gone" }] });
    const [there, gone] = readCampaigns(root).campaigns[0]?.runs ?? [];
    expect(there?.measured).toMatchObject({ hit_rate_fault: 0.4, served_share_fault: 0.875 });
    expect(gone?.measured).toEqual({});
  });
});
