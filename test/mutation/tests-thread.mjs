/**
 * Runs the bundled tests for one changed expression after the other. It knows what these tests use of vitest: `describe`, `it`,
 * `it.each`, `beforeEach`, `afterEach`, and vitest's own `expect`.
 */
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { constants, Script } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { determineHitLimitReached, DryRunStatus, TestStatus } from "@stryker-mutator/api/test-runner";

/**
 * Property tests try fewer examples than `npm test`, always the same ones, and do not look for the smallest failure: a change is noticed
 * or it is not.
 */
const PROPERTY_RUNS = 30;
process.env.KVPROOF_PROPERTY_RUNS = String(PROPERTY_RUNS);
const require = createRequire(resolve("package.json"));
require("fast-check").configureGlobal({ numRuns: PROPERTY_RUNS, seed: 20261, endOnFailure: true });
const expect = await vitestExpect();
const script = new Script(`(function (module, exports, require) {${workerData.bundle}\n})`, {
  filename: resolve("mutated.cjs"),
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
/** What Stryker's instrumented code looks at. */
const stryker = (globalThis.__stryker__ = {});
/** How long each test took when it last passed, and how many changes it noticed. */
const cost = new Map();
const kills = new Map();

parentPort.on("message", (question) => {
  const answer = question.type === "dry-run" ? dryRun(question) : mutantRun(question);
  answer.then(
    (result) => parentPort.postMessage(result),
    (error) => parentPort.postMessage({ status: DryRunStatus.Error, errorMessage: String(error?.stack ?? error) }),
  );
});

async function dryRun({ rooms }) {
  stryker.activeMutant = undefined;
  const results = [];
  for (const test of load((file) => rooms.some((room) => file.startsWith(`${room}/`)))) {
    stryker.currentTestId = test.id;
    results.push(await run(test));
    stryker.currentTestId = undefined;
  }
  return { status: DryRunStatus.Complete, tests: results, mutantCoverage: stryker.mutantCoverage };
}

async function mutantRun({ id, testFilter, hitLimit, disableBail, mutantActivation }) {
  Object.assign(stryker, { hitLimit, hitCount: 0, activeMutant: mutantActivation === "static" ? id : undefined });
  const wanted = testFilter && new Set(testFilter);
  const files = testFilter && new Set(testFilter.map((test) => test.split("#")[0]));
  const tests = load((file) => files?.has(file) ?? true).filter((test) => wanted?.has(test.id) ?? true);
  stryker.activeMutant = id;
  const results = [];
  for (const test of likeliestFirst(tests)) {
    const result = await run(test);
    results.push(result);
    if (result.status !== TestStatus.Failed) cost.set(test.id, result.timeSpentMs);
    else {
      kills.set(test.id, (kills.get(test.id) ?? 0) + 1);
      if (!disableBail) break;
    }
  }
  stryker.activeMutant = undefined;
  return determineHitLimitReached(stryker.hitCount, hitLimit) ?? { status: DryRunStatus.Complete, tests: results };
}

/** The first failure ends a run: tests that noticed much before come first, then quick ones. */
function likeliestFirst(tests) {
  const killed = ({ id }) => kills.get(id) ?? 0;
  const took = ({ id }) => cost.get(id) ?? 0;
  return tests.sort((a, b) => killed(b) - killed(a) || took(a) - took(b));
}

/** The tests of the files wanted, in a fresh evaluation of all their modules. */
function load(isWanted) {
  const collector = new Collector();
  const vitest = { ...collector.api, expect };
  const module = { exports: {} };
  script.runInThisContext()(module, module.exports, (name) => (name === "vitest" ? vitest : require(name)));
  for (const [file, loadFile] of Object.entries(module.exports)) {
    if (!isWanted(file)) continue;
    collector.begin(file);
    loadFile();
  }
  return collector.tests;
}

/** What `describe` and `it` say, as a list of tests. */
class Collector {
  tests = [];
  #file = "";
  #scope = { name: "", before: [], after: [] };

  begin(file) {
    this.#file = file;
    this.#scope = { name: "", before: [], after: [] };
  }

  get api() {
    const describe = (name, body) => {
      const outer = this.#scope;
      this.#scope = { name: `${outer.name} ${name}`.trim(), before: [...outer.before], after: [...outer.after] };
      body();
      this.#scope = outer;
    };
    const it = (name, body) => {
      const scope = this.#scope;
      const whole = `${scope.name} ${name}`.trim();
      this.tests.push({ id: `${this.#file}#${whole}`, file: this.#file, name: whole, body, scope });
    };
    it.each = (rows) => (name, body) => {
      for (const row of rows) {
        const args = Array.isArray(row) ? row : [row];
        it(titleOf(name, row, args), () => body(...args));
      }
    };
    const beforeEach = (hook) => void this.#scope.before.push(hook);
    const afterEach = (hook) => void this.#scope.after.push(hook);
    return { describe, it, beforeEach, afterEach };
  }
}

function titleOf(name, row, args) {
  const named = name.replace(/\$(\w+)/g, (whole, key) =>
    typeof row === "object" && key in row ? String(row[key]) : whole,
  );
  return named.includes("%") ? format(named, ...args) : named;
}

async function run({ id, name, body, scope }) {
  const start = performance.now();
  let failure;
  try {
    for (const hook of scope.before) await hook();
    await body();
  } catch (error) {
    failure = error;
  }
  try {
    for (const hook of scope.after) await hook();
  } catch (error) {
    failure ??= error;
  }
  const timeSpentMs = performance.now() - start;
  if (failure === undefined) return { id, name, timeSpentMs, status: TestStatus.Success };
  return { id, name, timeSpentMs, status: TestStatus.Failed, failureMessage: String(failure?.message ?? failure) };
}

/** vitest's `expect` without its worker. */
async function vitestExpect() {
  const vitest = dirname(require.resolve("vitest/package.json"));
  const file = createRequire(join(vitest, "package.json")).resolve("@vitest/expect");
  const { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } = await import(pathToFileURL(file).href);
  chai.use(JestExtend);
  chai.use(JestChaiExpect);
  chai.use(JestAsymmetricMatchers);
  return chai.expect;
}
