/**
 * A test runner for Stryker that runs the unit tests of the judge, the session and the index without vitest's workers. Stryker's vitest
 * runner starts a worker and loads every module for each changed expression, which costs more than the tests themselves; here the tests
 * are bundled once, and one thread (tests-thread.mjs) evaluates them afresh each time, so that no change sees what an earlier one left.
 *
 * A change that never ends is found by the CPU time that it used, not by the clock: on a busy machine a test that waits for its turn is
 * not taken for one. `npm run mutation -- --testRunner vitest` runs the same tests with vitest itself.
 */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { DryRunStatus, toMutantRunResult } from "@stryker-mutator/api/test-runner";
import { build } from "esbuild";

const ROOMS = ["src/judge", "src/gateway/session", "src/gateway/index"];
/** CPU time of one change; all tests of the slowest room need less than a third of it. */
const CPU_LIMIT_MS = 5000;
const CPU_LOOK_MS = 100;
const MEMORY_LIMIT_MB = 1024;

class InProcessRunner {
  static inject = [];
  #bundle = "";
  #thread;

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
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
    this.#bundle = outputFiles[0].text;
  }

  async dryRun({ files = [] }) {
    const rooms = ROOMS.filter((room) => files.length === 0 || files.some((file) => file.includes(`/${room}/`)));
    return this.#ask({ type: "dry-run", rooms }, Number.POSITIVE_INFINITY);
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail, mutantActivation }) {
    const question = { type: "mutant", id: activeMutant.id, testFilter, hitLimit, disableBail, mutantActivation };
    return toMutantRunResult(await this.#ask(question, CPU_LIMIT_MS));
  }

  async dispose() {
    await this.#thread?.terminate();
  }

  /** The thread's answer, or that there will be none. */
  async #ask(question, cpuLimitMs) {
    this.#thread ??= new Worker(new URL("tests-thread.mjs", import.meta.url), {
      workerData: { bundle: this.#bundle },
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_LIMIT_MB },
    });
    const thread = this.#thread;
    const before = process.cpuUsage();
    const { promise, resolve: settle } = deferred();
    const never = (reason) => settle({ status: DryRunStatus.Timeout, reason });
    const settled = (answer) => settle(answer);
    const failed = (error) => never(`the thread ended: ${error.message}`);
    thread.on("message", settled).on("error", failed);
    const look = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1000 > cpuLimitMs) never(`used ${cpuLimitMs} ms of CPU time`);
    }, CPU_LOOK_MS);
    thread.postMessage(question);
    const answer = await promise;
    clearInterval(look);
    thread.off("message", settled).off("error", failed);
    if (answer.status === DryRunStatus.Timeout) {
      await thread.terminate();
      this.#thread = undefined;
    }
    return answer;
  }
}

function deferred() {
  let settle;
  const promise = new Promise((resolvePromise) => (settle = resolvePromise));
  return { promise, resolve: settle };
}

function testFilesUnder(room) {
  return readdirSync(room, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `${room}/${file}`)
    .toSorted();
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "in-process", InProcessRunner)];
