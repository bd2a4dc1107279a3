/** What a run ran on and with: for people who compare two results. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { packageRoot, packageVersion } from "../base/package-root.js";
import type { MachineFingerprint, RunSummary } from "../judge/run-summary.js";

const SHORT_SHA = 12;

export function machineFingerprint(): MachineFingerprint {
  return {
    os: `${process.platform} ${release()}`,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    node: process.version,
  };
}

export function toolIdentity(): RunSummary["tool"] {
  return { name: "kvproof", version: packageVersion, git: gitRevision() };
}

/** Revision of the checkout that kvproof runs from; null when it was installed as a package. */
export function gitRevision(root = packageRoot): string | null {
  try {
    const { own, shared } = gitFolders(root);
    const head = readFileSync(join(own, "HEAD"), "utf8").trim();
    if (!head.startsWith("ref: ")) return head.slice(0, SHORT_SHA);
    const ref = head.slice("ref: ".length);
    if (existsSync(join(shared, ref))) return readFileSync(join(shared, ref), "utf8").trim().slice(0, SHORT_SHA);
    const packed = readFileSync(join(shared, "packed-refs"), "utf8")
      .split("\n")
      .find((line) => line.endsWith(` ${ref}`));
    return packed?.slice(0, SHORT_SHA) ?? null;
  } catch {
    return null;
  }
}

/** A worktree has its HEAD in a folder that its `.git` file names; branches are in the one that all worktrees share. */
function gitFolders(root: string): { own: string; shared: string } {
  const git = join(root, ".git");
  if (statSync(git).isDirectory()) return { own: git, shared: git };
  const own = resolve(
    root,
    readFileSync(git, "utf8")
      .replace(/^gitdir: /, "")
      .trim(),
  );
  const common = join(own, "commondir");
  return { own, shared: existsSync(common) ? resolve(own, readFileSync(common, "utf8").trim()) : own };
}
