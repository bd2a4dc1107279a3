/**
 * JUnit XML as CI systems read it (shape after Playwright's): suite = scenario, case = property. A violated property is a
 * <failure>, a run that broke is an <error>, what was not exercised or is not claimed is <skipped> with the reason.
 */
import { stripVTControlCharacters } from "node:util";
import type { PropertyResult, ThresholdResult } from "../judge/verdict.js";
import type { RunView } from "./run-files.js";

/** XML 1.0 forbids most control characters, even escaped; ANSI sequences come with them. */
function legal(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    "",
  );
}

function attribute(text: string): string {
  return legal(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;")
    .replaceAll("\r", "&#13;");
}

function cdata(text: string): string {
  return `<![CDATA[${legal(text).replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}

interface Case {
  readonly name: string;
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  readonly message: string;
  readonly body: string;
}

function propertyCase(property: PropertyResult): Case {
  const proofs = property.violations.map(
    (violation) => `${violation.summary}\n${JSON.stringify(violation.proof, null, 1)}`,
  );
  const name = `${property.id} ${property.title}`;
  const counted = `${property.violationCount} violations in ${property.opportunities} opportunities`;
  if (property.verdict === "fail") return { name, outcome: "failure", message: counted, body: proofs.join("\n\n") };
  if (property.verdict === "unknown" && property.required > 0) {
    return {
      name,
      outcome: "failure",
      message: `inconclusive: ${property.reason ?? counted}`,
      body: property.statement,
    };
  }
  if (property.verdict === "pass") return { name, outcome: "passed", message: "", body: "" };
  return { name, outcome: "skipped", message: property.reason ?? "not exercised", body: "" };
}

function thresholdCase(threshold: ThresholdResult): Case {
  const name = `threshold ${threshold.measure} ${threshold.expression}`;
  if (threshold.verdict === "pass") return { name, outcome: "passed", message: "", body: "" };
  if (threshold.verdict === "not-applicable")
    return { name, outcome: "skipped", message: "not claimed by this system", body: "" };
  const message = threshold.measured === null ? "not measured" : `measured ${threshold.measured}`;
  return { name, outcome: "failure", message, body: "" };
}

function casesOf(run: RunView): Case[] {
  const { summary, judged } = run;
  const judgedCases = judged ? [...judged.properties.map(propertyCase), ...judged.thresholds.map(thresholdCase)] : [];
  const broken = summary.verdict === "error" || summary.verdict === "interrupted";
  if (!broken) return judgedCases;
  const message = summary.error ? `${summary.error.code}: ${summary.error.message}` : summary.headline;
  return [{ name: "run", outcome: "error", message, body: message }, ...judgedCases];
}

function caseXml(suite: string, seconds: number, one: Case): string {
  const open = `    <testcase name="${attribute(one.name)}" classname="${attribute(suite)}" time="${seconds}"`;
  if (one.outcome === "passed") return `${open}/>`;
  if (one.outcome === "skipped")
    return `${open}>\n      <skipped message="${attribute(one.message)}"/>\n    </testcase>`;
  return `${open}>\n      <${one.outcome} message="${attribute(one.message)}">${cdata(one.body)}</${one.outcome}>\n    </testcase>`;
}

function suiteXml(run: RunView): { xml: string; counts: Record<Case["outcome"], number> } {
  const cases = casesOf(run);
  const counts = { passed: 0, failure: 0, error: 0, skipped: 0 };
  for (const one of cases) counts[one.outcome] += 1;
  const { scenario, startedAt, durationMs, headline } = run.summary;
  const totals = `tests="${cases.length}" failures="${counts.failure}" errors="${counts.error}" skipped="${counts.skipped}"`;
  const seconds = (durationMs / 1000).toFixed(3);
  const output = `${headline}\n[[ATTACHMENT|${run.dir}/report.html]]\n[[ATTACHMENT|${run.dir}/properties.json]]`;
  const xml = [
    `  <testsuite name="${attribute(scenario)}" timestamp="${attribute(startedAt)}" time="${seconds}" ${totals}>`,
    ...cases.map((one) => caseXml(scenario, 0, one)),
    `    <system-out>${cdata(output)}</system-out>`,
    "  </testsuite>",
  ].join("\n");
  return { xml, counts };
}

export function junitXml(runs: readonly RunView[]): string {
  const suites = runs.map(suiteXml);
  const sum = (key: Case["outcome"]): number => suites.reduce((total, suite) => total + suite.counts[key], 0);
  const tests = sum("passed") + sum("failure") + sum("error") + sum("skipped");
  const seconds = (runs.reduce((total, run) => total + run.summary.durationMs, 0) / 1000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="kvproof" tests="${tests}" failures="${sum("failure")}" errors="${sum("error")}" skipped="${sum("skipped")}" time="${seconds}">`,
    ...suites.map((suite) => suite.xml),
    "</testsuites>",
    "",
  ].join("\n");
}
