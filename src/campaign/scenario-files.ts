/** The scenario files that a campaign was asked for. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../base/errors.js";
import { readScenarioFile, type ScenarioSource } from "./schema/scenario-file.js";

const MAX_SCENARIOS = 1000;

export interface Selection {
  /** Keeps scenarios whose id matches. */
  readonly grep?: RegExp;
  /** Of n shares, the i-th (1-based). */
  readonly shard?: { readonly index: number; readonly of: number };
}

/** Reads files and, of folders, every *.yaml below; by path. @throws UsageError with the place of what is wrong. */
export function readScenarios(paths: readonly string[], selection: Selection = {}): ScenarioSource[] {
  const sources = paths.flatMap(yamlFiles).map(readScenarioFile);
  refuseDuplicates(sources);
  const wanted = sources.filter(({ scenario }) => selection.grep === undefined || selection.grep.test(scenario.id));
  const { shard } = selection;
  const mine = shard === undefined ? wanted : wanted.filter((_, i) => i % shard.of === shard.index - 1);
  if (mine.length > 0) return mine;
  const known = sources.map(({ scenario }) => scenario.id).join(", ") || "none";
  throw new UsageError("KVP_E_USAGE", `no scenario is left to run; found: ${known}`);
}

function yamlFiles(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (cause) {
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `scenario ${path} does not exist`, { cause });
  }
  if (!isFolder) return [path];
  const files = readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(path, name));
  if (files.length > MAX_SCENARIOS)
    throw new UsageError("KVP_E_LIMIT", `${path} holds more than ${MAX_SCENARIOS} scenarios`);
  return files;
}

function refuseDuplicates(sources: readonly ScenarioSource[]): void {
  const places = new Map<string, ScenarioSource>();
  for (const source of sources) {
    const other = places.get(source.scenario.id);
    if (other !== undefined) {
      const message = `${source.locate(["id"])} the id ${source.scenario.id} is also that of ${other.locate(["id"])}`;
      throw new UsageError("KVP_E_SCENARIO_INVALID", message);
    }
    places.set(source.scenario.id, source);
  }
}
