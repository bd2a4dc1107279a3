/** What `kvproof cluster up` remembers, so that `down` takes away that cluster and no other. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { TOOLS } from "./cluster-tool.js";

const record = z.object({
  tool: z.enum(TOOLS),
  kubeconfig: z.string(),
  madeAt: z.string(),
  /** Of its kube-system namespace: a cluster made anew under the same name has another. null = it was never seen to be up. */
  uid: z.string().nullable(),
});
export type OwnRecord = z.infer<typeof record>;

const FILE = "cluster.json";

/** `$XDG_STATE_HOME/kvproof`, by default `~/.local/state/kvproof`. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "kvproof");
}

export class OwnRecordFile {
  readonly #folder: string;

  constructor(folder = stateFolder()) {
    this.#folder = folder;
  }

  /** Where the kubeconfig goes unless another file was named. */
  get kubeconfig(): string {
    return join(this.#folder, "kubeconfig");
  }

  /** null = none, or one that cannot be read, which proves nothing. */
  read(): OwnRecord | null {
    const file = join(this.#folder, FILE);
    if (!existsSync(file)) return null;
    try {
      return record.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch {
      return null;
    }
  }

  write(made: OwnRecord): void {
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(join(this.#folder, FILE), `${JSON.stringify(made, null, 1)}\n`);
  }

  forget(): void {
    rmSync(join(this.#folder, FILE), { force: true });
  }
}
