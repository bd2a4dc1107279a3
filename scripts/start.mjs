/** `npm start`: from a bare clone to a verdict. Sets up, then runs the end-to-end campaign, sampled; arguments are passed on. */
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
try {
  execFileSync(process.execPath, [`${root}scripts/setup.mjs`], { cwd: root, stdio: "inherit" });
} catch (error) {
  process.exit(error.status ?? 69);
}
const args = ["run", "test/e2e", "--sample", "0.2", ...process.argv.slice(2)];
const child = spawn(process.execPath, [`${root}dist/kvproof.js`, ...args], { cwd: root, stdio: "inherit" });
// The terminal sends Ctrl-C to the whole group: kvproof heals and exits by itself, this process only waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 130 : 70)));
