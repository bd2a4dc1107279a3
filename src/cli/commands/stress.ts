/** `kvproof stress …`: a stressor of the lab as a process. Not for people: runs start it, measure it and end it. */
import type { Command } from "commander";
import { guardParent } from "../../base/parent-guard.js";
import { integerFlag } from "../flags.js";

export function registerStress(program: Command): void {
  const stress = program.command("stress", { hidden: true }).description("strain this machine (used by the lab)");
  stress
    .command("cpu")
    .requiredOption("--load <percent>", "share of the time to burn", integerFlag(1, 100))
    .action(async ({ load }: { load: number }) => (await ready()).burnCpu(load));
  stress
    .command("memory")
    .requiredOption("--megabytes <n>", "memory to hold", integerFlag(1))
    .action(async ({ megabytes }: { megabytes: number }) => (await ready()).holdMemory(megabytes));
  stress
    .command("disk")
    .requiredOption("--file <path>", "file to write over and over")
    .requiredOption("--megabytes <n>", "its size at most", integerFlag(1))
    .action(async ({ file, megabytes }: { file: string; megabytes: number }) =>
      (await ready()).writeDisk(file, megabytes),
    );
}

async function ready(): Promise<typeof import("../../lab/local/host/stress-work.js")> {
  guardParent(process.env.KVPROOF_PARENT_PID, () => process.exit());
  return import("../../lab/local/host/stress-work.js");
}
