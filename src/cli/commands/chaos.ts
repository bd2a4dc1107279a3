/** `kvproof chaos export`: the experiments as Schedules or Workflows of Chaos Mesh, for clusters where kvproof does not run. */
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { durationFlag } from "../flags.js";

interface Flags {
  readonly format: "schedule" | "workflow";
  readonly out: string;
  readonly namespace: string;
  readonly every: number;
}

export function registerChaos(program: Command): void {
  program
    .command("chaos")
    .description("chaos experiments outside of runs")
    .command("export")
    .description("write experiments as Chaos Mesh objects, and say which cannot be and why")
    .argument("[files...]", "scenario files, or folders of them (default: the experiments that come with kvproof)")
    .addOption(
      new Option("--format <what>", "schedule: again and again; workflow: once, when it is applied")
        .choices(["schedule", "workflow"])
        .default("schedule"),
    )
    .option("--out <folder>", "where the files go", "chaos-mesh")
    .option("--namespace <name>", "namespace of the pods and of the objects", namespaceName, "kvproof")
    .option("--every <time>", "between two starts of a schedule", durationFlag, 600_000)
    .action(exportThem);
}

async function exportThem(files: string[], { format, out, namespace, every }: Flags): Promise<void> {
  const { exportChaos } = await import("../../campaign/export-chaos.js");
  const { packageRoot } = await import("../../base/package-root.js");
  const paths = files.length > 0 ? files : [join(packageRoot, "test/chaos/experiments")];
  const { written, leftOut } = exportChaos(paths, { format, out, namespace, everyMs: every });
  for (const file of written) process.stdout.write(`${file}\n`);
  for (const { id, reason } of leftOut) process.stderr.write(`left out ${id}: ${reason}\n`);
  process.stderr.write(`${written.length} written, ${leftOut.length} left out\n`);
}

function namespaceName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a namespace: lower case, digits and dashes.");
}
