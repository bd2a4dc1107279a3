/**
 * What is to be compared, as something that runs here: a git ref (checked out and built in a folder of its own), a checkout, or
 * an npm tarball. A baseline is a build, never a stored number.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { asError, UnavailableError, UsageError } from "../base/errors.js";

const run = promisify(execFile);

/** Installing and building on a small machine, npm's download included. */
const BUILD_TIMEOUT_MS = 10 * 60_000;
const GIT_TIMEOUT_MS = 60_000;
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;
const QUOTED_CHARACTERS = 600;
const SHORT_SHA = 12;
const ENTRY = join("dist", "bench-core.js");

export interface Build {
  /** What the user called it, with the commit where there is one. */
  readonly label: string;
  /** The benchmark's program. */
  readonly entry: string;
  /** Of a git ref or a checkout; null where none is known. */
  readonly commit: string | null;
}

export interface BuildOptions {
  /** Checkout that git refs belong to. */
  readonly repository: string;
  /** Checkouts and packages are laid out below it; it belongs to this comparison alone. */
  readonly workDir: string;
  readonly name: "baseline" | "candidate";
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** @throws UsageError KVP_E_BASELINE_UNKNOWN, UnavailableError KVP_E_BASELINE_BUILD with the last lines of what failed. */
export async function makeBuild(what: string, options: BuildOptions): Promise<Build> {
  const path = resolve(what);
  if (existsSync(path) && statSync(path).isDirectory()) return fromFolder(path, what, options);
  if (existsSync(path) && /\.(tgz|tar\.gz)$/.test(path)) return fromTarball(path, what, options);
  return fromGit(what, options);
}

async function fromFolder(folder: string, what: string, options: BuildOptions): Promise<Build> {
  if (!existsSync(join(folder, "package.json")))
    throw new UsageError(
      "KVP_E_BASELINE_UNKNOWN",
      `${folder} is neither a checkout nor an unpacked package of kvproof`,
    );
  if (existsSync(join(folder, "scripts", "setup.mjs"))) await setUp(folder, what, options);
  return { label: what, entry: entryOf(folder, what), commit: await headOf(folder) };
}

async function fromTarball(file: string, what: string, options: BuildOptions): Promise<Build> {
  const folder = join(options.workDir, options.name);
  mkdirSync(folder, { recursive: true });
  await step(`unpacking ${what}`, "tar", ["-xzf", file, "-C", folder, "--strip-components=1"], options, folder);
  const flags = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await step(`installing what ${what} needs`, "npm", ["install", ...flags], options, folder);
  return { label: what, entry: entryOf(folder, what), commit: null };
}

async function fromGit(ref: string, options: BuildOptions): Promise<Build> {
  const { repository, workDir, name } = options;
  const sha = await commitOf(ref, repository);
  const folder = join(workDir, name);
  await step(`checking out ${ref}`, "git", ["-C", repository, "worktree", "add", "--detach", folder, sha], options);
  await setUp(folder, ref, options);
  const commit = sha.slice(0, SHORT_SHA);
  return { label: `${ref} (${commit})`, entry: entryOf(folder, ref), commit };
}

/** Takes away what {@link makeBuild} laid out with git; folders below `workDir` are the caller's. */
export async function forgetBuild(options: Pick<BuildOptions, "repository" | "workDir" | "name">): Promise<void> {
  const folder = join(options.workDir, options.name);
  if (!existsSync(join(folder, ".git"))) return;
  await run("git", ["-C", options.repository, "worktree", "remove", "--force", folder], { timeout: GIT_TIMEOUT_MS });
}

async function commitOf(ref: string, repository: string): Promise<string> {
  try {
    const args = ["-C", repository, "rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
    return (await run("git", args, { timeout: GIT_TIMEOUT_MS })).stdout.trim();
  } catch (cause) {
    const message = `${ref} is no folder, no .tgz file and no git ref of ${repository}`;
    throw new UsageError("KVP_E_BASELINE_UNKNOWN", message, { cause });
  }
}

/** Commit that a checkout stands at, `-changed` when files differ from it; null when it is no checkout. */
async function headOf(folder: string): Promise<string | null> {
  if (!existsSync(join(folder, ".git"))) return null;
  const git = (...args: string[]) => run("git", ["-C", folder, ...args], { timeout: GIT_TIMEOUT_MS });
  try {
    const changed = (await git("status", "--porcelain", "--untracked-files=no")).stdout.trim() !== "";
    const head = (await git("rev-parse", "HEAD")).stdout.trim().slice(0, SHORT_SHA);
    return changed ? `${head}-changed` : head;
  } catch {
    return null;
  }
}

function setUp(folder: string, what: string, options: BuildOptions): Promise<void> {
  return step(`building ${what}`, process.execPath, [join(folder, "scripts", "setup.mjs")], options, folder);
}

function entryOf(folder: string, what: string): string {
  const entry = join(folder, ENTRY);
  if (existsSync(entry)) return entry;
  throw new UnavailableError("KVP_E_BASELINE_BUILD", `${what} has no ${ENTRY}: it holds no benchmark to compare with`);
}

async function step(
  doing: string,
  program: string,
  args: readonly string[],
  { signal, progress }: BuildOptions,
  cwd?: string,
): Promise<void> {
  progress(doing);
  const limits = { timeout: BUILD_TIMEOUT_MS, maxBuffer: OUTPUT_LIMIT_BYTES, signal };
  try {
    await run(program, args, { ...limits, ...(cwd === undefined ? {} : { cwd }) });
  } catch (thrown) {
    if (signal.aborted) throw new UnavailableError("KVP_E_INTERRUPTED", `interrupted while ${doing}`);
    const { stderr = "" } = thrown as { stderr?: string };
    const said = (stderr.trim() || asError(thrown).message).slice(-QUOTED_CHARACTERS);
    throw new UnavailableError("KVP_E_BASELINE_BUILD", `${doing} failed: ${said}`, { cause: thrown });
  }
}
