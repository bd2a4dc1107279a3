/** `kvproof pod`: what runs in the containers of the Kubernetes lab: an engine or gateway, life after life, as the lab says. */
import type { Command } from "commander";

export function registerPod(program: Command): void {
  program
    .command("pod", { hidden: true })
    .description("one life of a pod of the Kubernetes lab; started by the lab itself")
    .requiredOption("--state <folder>", "folder that outlives the container")
    .argument("<arguments...>", "of the first life; later ones are told by the lab")
    .action(async (first: string[], { state }: { state: string }) => {
      const { nextLife } = await import("../../lab/kubernetes/pods/next-life.js");
      await program.parseAsync([...(await nextLife(state, first))], { from: "user" });
    });
}
