/** `kvproof kubernetes rbac`: what a user needs who runs scenarios in a cluster. */
import { type Command, Option } from "commander";
import { INJECTORS, type InjectorName } from "../../lab/kubernetes/injectors.js";

export function registerKubernetes(program: Command): void {
  program
    .command("kubernetes")
    .description("what the Kubernetes lab needs of a cluster")
    .command("rbac")
    .description("print the least-privilege role of whoever runs scenarios, for kubectl apply -f -")
    .option("--name <name>", "of the service account, the role and the binding", "kvproof-runner")
    .option("--namespace <name>", "where the service account lives", "default")
    .addOption(new Option("--injector <who>", "who causes faults").choices(INJECTORS).default("built-in"))
    .option("--discover", "gateways find engines by themselves (kvproof run --discover)")
    .option("--drain", "scenarios drain nodes")
    .action(rbac);
}

interface Flags {
  readonly name: string;
  readonly namespace: string;
  readonly injector: InjectorName;
  readonly discover?: true;
  readonly drain?: true;
}

async function rbac(flags: Flags): Promise<void> {
  const { rbacManifests } = await import("../../lab/kubernetes/rbac.js");
  process.stdout.write(rbacManifests(flags));
}
