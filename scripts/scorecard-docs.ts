/** Puts the scorecard of a finished campaign into docs/testing/other-systems.md: `npm run docs:scorecard -- runs/campaigns/latest`. */
import { readFileSync, writeFileSync } from "node:fs";
import { scorecardMarkdown } from "../src/report/markdown.js";
import { loadCampaign } from "../src/report/run-files.js";

const PAGE = new URL("../docs/testing/other-systems.md", import.meta.url);
const BEGIN = "<!-- scorecard: generated -->";
const END = "<!-- /scorecard -->";

const [dir] = process.argv.slice(2);
if (dir === undefined) throw new Error("which campaign's? Give its folder.");
const { scorecard } = loadCampaign(dir);
const text = readFileSync(PAGE, "utf8");
const [before, rest] = text.split(BEGIN);
const [, after] = (rest ?? "").split(END);
if (before === undefined || after === undefined) throw new Error(`the page has no ${BEGIN} … ${END}`);
writeFileSync(PAGE, `${before}${BEGIN}\n\n${scorecardMarkdown(scorecard)}\n\n${END}${after}`);
