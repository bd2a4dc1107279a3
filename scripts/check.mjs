/** `npm run check`: format, lint, types, generated docs, boundaries and unit tests, side by side; prints what failed and how long each took. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;
const checks = {
  format: [bin("biome"), ["format", "."]],
  lint: [bin("oxlint"), ["--type-aware", "--deny-warnings"]],
  types: [bin("tsc"), ["--noEmit"]],
  docs: [bin("tsx"), ["scripts/docs.ts", "--check"]],
  unit: [bin("vitest"), ["run", "src", "test/boundaries.test.ts", "test/mutants/defects.test.ts", "--reporter=dot"]],
};
// The gate runs all tests as a stage of its own.
if (process.argv.includes("--no-unit")) delete checks.unit;

function run(name, [command, args]) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ name, code: 1, output: error.message, seconds: 0 }));
    child.on("close", (code) => {
      const seconds = (performance.now() - started) / 1000;
      console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds.toFixed(1)} s)`);
      resolve({ name, code: code ?? 1, output, seconds });
    });
  });
}

const results = await Promise.all(Object.entries(checks).map(([name, command]) => run(name, command)));
const failed = results.filter((result) => result.code !== 0);
for (const { name, output } of failed) console.log(`\n--- ${name}\n${output}`);
process.exit(failed.length === 0 ? 0 : 1);
