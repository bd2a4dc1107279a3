/** The command that repeats a run, for people to copy and as a script that works from anywhere on the same machine. */
import { basename, relative } from "node:path";
import type { SutLaunch } from "../lab/ports.js";
import type { Plan } from "./plan/plan.js";

export function reproCommand(plan: Plan): string {
  return `${programName()} ${runArguments(plan)}`;
}

/** Arguments of the script are passed on. */
export function reproScript(plan: Plan): string {
  const program = [process.execPath, process.argv[1] ?? ""].map(quoted).join(" ");
  return [
    "#!/bin/sh",
    "# Repeats this run.",
    `cd ${quoted(process.cwd())} || exit`,
    `exec ${program} ${runArguments(plan)} "$@"`,
    "",
  ].join("\n");
}

/** How this very process is called, as one would type it here: `kvproof`, or `node dist/kvproof.js` in a checkout. */
export function programName(entry = process.argv[1] ?? "", cwd = process.cwd()): string {
  if (basename(entry) === "kvproof") return "kvproof";
  const near = relative(cwd, entry);
  return `node ${quoted(near.startsWith("..") ? entry : near)}`;
}

function runArguments(plan: Plan): string {
  const { file, seed, sample, lab, labOptions, gateway, engineKind, engineOptionsFile } = plan;
  return [
    "run",
    quoted(file),
    ...labArguments(lab, labOptions),
    ...(engineKind === undefined ? [] : [`--engine ${engineKind}`]),
    ...(engineOptionsFile === undefined ? [] : [`--engine-options ${quoted(engineOptionsFile)}`]),
    `--seed ${seed}`,
    ...(sample === 1 ? [] : [`--sample ${sample}`]),
    ...(gateway.command === undefined ? [] : [`--gateway-command ${quoted(gateway.command.join(" "))}`]),
    ...(gateway.launch === undefined ? [] : [sutOption(gateway.launch)]),
  ].join(" ");
}

export function labArguments(kind: string, options: readonly string[] = []): string[] {
  return kind === "local" ? [] : [`--lab ${kind}`, ...options.map(quoted)];
}

/** `--sut …` as it was, or would be, typed. */
export function sutOption(launch: SutLaunch): string {
  const words = launch.command === undefined ? [] : [launch.command, ...(launch.args ?? [])];
  const command = words.map(quoted).join(" ");
  const text = launch.kind === "stdio" ? `stdio:${command}` : ["http:", launch.url, command && ` ${command}`].join("");
  const { timeoutMs, api, claims } = { api: undefined, claims: undefined, ...launch };
  const claimed = Object.entries(claims ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    `--sut ${quoted(text)}`,
    ...(timeoutMs === undefined ? [] : [`--sut-timeout ${timeoutMs}ms`]),
    ...(api === undefined ? [] : [`--sut-api ${api}`]),
    ...(claimed.length === 0 ? [] : [`--sut-claims ${quoted(claimed.join(","))}`]),
  ].join(" ");
}

export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
