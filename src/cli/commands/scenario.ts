/** `kvproof scenario validate <files…>` and `kvproof scenario schema`: what a scenario may say, and whether one says it right. */
import type { Command } from "commander";

export function registerScenario(program: Command): void {
  const scenario = program.command("scenario").description("check scenario files without running them");
  scenario
    .command("validate")
    .description("say what is wrong with scenario files, and where")
    .argument("<files...>", "scenario files, or folders of them")
    .action(validate);
  scenario.command("schema").description("print the JSON Schema of scenario files, for editors").action(printSchema);
}

async function validate(files: string[]): Promise<void> {
  const { planScenarios } = await import("../../campaign/plan-scenarios.js");
  const { LocalLabFactory } = await import("../../lab/local/local-lab-factory.js");
  const { DIALECTS } = await import("../../protocol/dialects.js");
  const lab = new LocalLabFactory(Object.keys(DIALECTS));
  const plans = planScenarios(files, { lab, sample: 1 });
  for (const { file, id, engines } of plans) process.stdout.write(`ok  ${file}  ${id}, ${engines.length} engines\n`);
}

async function printSchema(): Promise<void> {
  const { scenarioJsonSchema } = await import("../../campaign/schema/scenario-schema.js");
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
}
