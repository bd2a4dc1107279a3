/** Flags of `npm run bench:core`. */
import { parseArgs } from "node:util";
import { asError, UsageError } from "../../../src/base/errors.js";
import { COMMON_KINDS } from "./common-traces.js";

const NAMES = ["own", "common"].flatMap((source) => COMMON_KINDS.map((kind) => `${source}/${kind}`));
const USAGE =
  "usage: bench:core [--quick] [--only <workload>] [--seed <n>] [--rounds <n>] [--no-peers] [--json <file>] [--results <folder>]";
const DEFAULT_SEED = 20_261_123;
const DEFAULT_ROUNDS = 3;
const MOST_ROUNDS = 20;

export interface Options {
  readonly quick: boolean;
  readonly seed: number;
  readonly json: string | null;
  /** Where whole runs keep their figures, for trends. */
  readonly results: string;
  /** Name of one workload, as `own/main`; null = all. */
  readonly only: string | null;
  /** Turns that we and the peers take. */
  readonly rounds: number;
  readonly peers: boolean;
  /** Set for our own turn beside the peers: fresh indexes per ingest figure, and no targets. */
  readonly turn: number | null;
}

/** @throws UsageError KVP_E_USAGE */
export function parseOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        quick: { type: "boolean", default: false },
        seed: { type: "string", default: String(DEFAULT_SEED) },
        json: { type: "string" },
        results: { type: "string", default: "runs/bench" },
        only: { type: "string" },
        rounds: { type: "string", default: String(DEFAULT_ROUNDS) },
        "no-peers": { type: "boolean", default: false },
        turn: { type: "string" },
      },
    });
    const { quick, only = null } = values;
    if (only !== null && !NAMES.includes(only))
      throw new Error(`--only must be one of ${NAMES.join(", ")}, not ${only}`);
    return {
      quick,
      only,
      seed: integer("seed", values.seed, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      json: values.json ?? null,
      results: values.results,
      rounds: integer("rounds", values.rounds, 1, MOST_ROUNDS),
      peers: !quick && only === null && !values["no-peers"],
      turn: values.turn === undefined ? null : integer("turn", values.turn, 1, MOST_ROUNDS),
    };
  } catch (error) {
    throw new UsageError("KVP_E_USAGE", `${asError(error).message}; ${USAGE}`);
  }
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = least > Number.MIN_SAFE_INTEGER ? ` from ${least} to ${most}` : "";
  throw new Error(`--${name} must be an integer${range}, not ${text}`);
}
