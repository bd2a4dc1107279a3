/**
 * A test runner for Stryker that runs the unit tests of the judge, the session and the index in its own process. Stryker's vitest runner
 * starts a worker and loads every module for each changed expression, which costs more than the tests themselves; here they are bundled
 * once and evaluated afresh each time, so that no change sees what an earlier one left in a module.
 *
 * It knows what these tests use of vitest: `describe`, `it`, `it.each`, `beforeEach`, `afterEach`, and vitest's own `expect`.
 * `npm run mutation -- --testRunner vitest` runs the same with vitest itself.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { constants, Script } from "node:vm";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from "@stryker-mutator/api/test-runner";
import { build } from "esbuild";

const ROOMS = ["src/judge", "src/gateway/session", "src/gateway/index"];
/**
 * Property tests try fewer examples than `npm test`, always the same ones, and do not look for the smallest failure: a change is noticed
 * or it is not.
 */
const PROPERTY_RUNS = 30;
const PROPERTIES = { numRuns: PROPERTY_RUNS, seed: 20261, endOnFailure: true };

class InProcessRunner {
  static inject = [];
  #require = createRequire(import.meta.url);
  /** Evaluates the bundle: test file → function that loads it. */
  #evaluate;
  #expect;
  /** How long each test took when it last passed, and how many changes it noticed since. */
  #cost = new Map();
  #kills = new Map();

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    process.env.KVPROOF_PROPERTY_RUNS = String(PROPERTY_RUNS);
    this.#require = createRequire(join(process.cwd(), "package.json"));
    this.#expect = await vitestExpect(this.#require);
    this.#require("fast-check").configureGlobal(PROPERTIES);
    const files = ROOMS.flatMap((room) => testFilesUnder(room));
    const entry = files.map((file) => `  ${JSON.stringify(file)}: () => require(${JSON.stringify(resolve(file))}),\n`);
    const { outputFiles } = await build({
      stdin: { contents: `module.exports = {\n${entry.join("")}};`, resolveDir: process.cwd(), loader: "js" },
      bundle: true,
      write: false,
      platform: "node",
      format: "cjs",
      packages: "external",
      define: { "import.meta.url": JSON.stringify(pathToFileURL(resolve("src/base/any.ts")).href) },
      logLevel: "error",
    });
    const script = new Script(`(function (module, exports, require) {${outputFiles[0].text}\n})`, {
      filename: resolve("mutated.cjs"),
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
    this.#evaluate = (vitest) => {
      const module = { exports: {} };
      const load = (name) => (name === "vitest" ? vitest : this.#require(name));
      script.runInThisContext()(module, module.exports, load);
      return module.exports;
    };
  }

  async dryRun({ files = [] }) {
    const stryker = strykerGlobal();
    stryker.activeMutant = undefined;
    const rooms = ROOMS.filter((room) => files.length === 0 || files.some((file) => file.includes(`/${room}/`)));
    const tests = this.#load((file) => rooms.some((room) => file.startsWith(`${room}/`)));
    const results = [];
    for (const test of tests) {
      stryker.currentTestId = test.id;
      const result = await run(test);
      stryker.currentTestId = undefined;
      results.push(result);
    }
    return { status: DryRunStatus.Complete, tests: results, mutantCoverage: stryker.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail, mutantActivation }) {
    const stryker = strykerGlobal();
    stryker.hitLimit = hitLimit;
    stryker.hitCount = 0;
    stryker.activeMutant = mutantActivation === "static" ? activeMutant.id : undefined;
    const wanted = testFilter === undefined ? undefined : new Set(testFilter);
    const wantedFiles = wanted && new Set(testFilter.map((id) => id.split("#")[0]));
    const tests = this.#load((file) => wantedFiles === undefined || wantedFiles.has(file));
    stryker.activeMutant = activeMutant.id;
    const results = [];
    for (const test of this.#likeliestFirst(tests.filter(({ id }) => wanted === undefined || wanted.has(id)))) {
      const result = await run(test);
      results.push(result);
      if (result.status !== TestStatus.Failed) this.#cost.set(test.id, result.timeSpentMs);
      else if (!disableBail) {
        this.#kills.set(test.id, (this.#kills.get(test.id) ?? 0) + 1);
        break;
      }
    }
    const hitLimitReached = determineHitLimitReached(stryker.hitCount, hitLimit);
    return toMutantRunResult(hitLimitReached ?? { status: DryRunStatus.Complete, tests: results });
  }

  /** The first failure ends a run: tests that noticed much before come first, then quick ones. */
  #likeliestFirst(tests) {
    const kills = ({ id }) => this.#kills.get(id) ?? 0;
    const cost = ({ id }) => this.#cost.get(id) ?? 0;
    return tests.sort((a, b) => kills(b) - kills(a) || cost(a) - cost(b));
  }

  /** The tests of the files wanted, in a fresh evaluation of all their modules. */
  #load(isWanted) {
    const collector = new Collector();
    const bundle = this.#evaluate({ ...collector.api, expect: this.#expect });
    for (const [file, load] of Object.entries(bundle)) {
      if (!isWanted(file)) continue;
      collector.begin(file);
      load();
    }
    return collector.tests;
  }
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
async function vitestExpect(require) {
  const vitest = dirname(require.resolve("vitest/package.json"));
  const file = createRequire(join(vitest, "package.json")).resolve("@vitest/expect");
  const { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } = await import(pathToFileURL(file).href);
  chai.use(JestExtend);
  chai.use(JestChaiExpect);
  chai.use(JestAsymmetricMatchers);
  return chai.expect;
}

function testFilesUnder(room) {
  return readdirSync(room, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `${room}/${file}`)
    .toSorted();
}

function strykerGlobal() {
  globalThis.__stryker__ ??= {};
  return globalThis.__stryker__;
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "in-process", InProcessRunner)];
