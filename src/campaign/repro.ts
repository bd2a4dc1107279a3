/** The command that repeats a run. */
import type { Plan } from "./plan/plan.js";

export function reproCommand({ file, seed, sample, gateway }: Plan): string {
  const parts = [
    "kvproof run",
    quoted(file),
    `--seed ${seed}`,
    ...(sample === 1 ? [] : [`--sample ${sample}`]),
    ...(gateway.command === undefined ? [] : [`--gateway-command ${quoted(gateway.command.join(" "))}`]),
  ];
  return parts.join(" ");
}

export function quoted(text: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
