/** The file of `--engine-options`. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { asError, UsageError } from "../../base/errors.js";
import { type RealEngineOptions, realEngineOptions } from "./fleet.js";

/** @throws UsageError KVP_E_FILE_NOT_FOUND, KVP_E_SCENARIO_SYNTAX or KVP_E_SCENARIO_INVALID */
export function readEngineOptions(file: string): RealEngineOptions {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError("KVP_E_FILE_NOT_FOUND", `engine options ${file} cannot be read`, { cause });
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new UsageError("KVP_E_SCENARIO_SYNTAX", `${file}: ${asError(cause).message}`, { cause });
  }
  const parsed = realEngineOptions.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError("KVP_E_SCENARIO_INVALID", `${file}: ${z.prettifyError(parsed.error)}`);
}
