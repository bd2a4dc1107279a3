/** What a run ran on and with: for people who compare two results. */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
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
function gitRevision(): string | null {
  const git = join(packageRoot, ".git");
  try {
    const head = readFileSync(join(git, "HEAD"), "utf8").trim();
    if (!head.startsWith("ref: ")) return head.slice(0, SHORT_SHA);
    const ref = head.slice("ref: ".length);
    if (existsSync(join(git, ref))) return readFileSync(join(git, ref), "utf8").trim().slice(0, SHORT_SHA);
    const packed = readFileSync(join(git, "packed-refs"), "utf8")
      .split("\n")
      .find((line) => line.endsWith(` ${ref}`));
    return packed?.slice(0, SHORT_SHA) ?? null;
  } catch {
    return null;
  }
}
