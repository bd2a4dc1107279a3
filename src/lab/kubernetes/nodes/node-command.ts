/** The user's command that does to a node what no API can: `--node-command 'power.sh {action} {node}'`. */
import { execFile } from "node:child_process";
import { UnavailableError, UsageError } from "../../../base/errors.js";
import type { NodeAction } from "../../nodes.js";

/** A node that starts, its kubelet included. */
const TIMEOUT_MS = 50_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
const QUOTED_CHARACTERS = 300;

export class NodeCommand {
  readonly template: string;
  readonly #words: readonly string[];

  /**
   * Words are separated by spaces; no shell reads them. `{action}`: crash, up, freeze, thaw, cut or mend; `{node}`: the node's name;
   * `{number}`: the digits that its name ends with. @throws UsageError KVP_E_USAGE.
   */
  constructor(template: string) {
    this.template = template;
    this.#words = template.split(" ").filter((word) => word !== "");
    const names = (text: string): boolean => this.#words.some((word) => word.includes(text));
    if (names("{action}") && (names("{node}") || names("{number}"))) return;
    const example = "such as 'power.sh {action} {node}'";
    throw new UsageError(
      "KVP_E_USAGE",
      `--node-command must name {action}, and {node} or {number}, ${example}: ${template}`,
    );
  }

  /** Resolves when it has ended well. @throws UnavailableError KVP_E_CLUSTER with what it said. */
  run(action: NodeAction, node: string): Promise<void> {
    const number = /\d+$/.exec(node)?.[0] ?? "";
    const [program = "", ...args] = this.#words.map((word) =>
      word.replaceAll("{action}", action).replaceAll("{node}", node).replaceAll("{number}", number),
    );
    const limits = { timeout: TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES } as const;
    return new Promise((resolve, reject) => {
      execFile(program, args, limits, (error, stdout, stderr) => {
        if (error === null) return resolve();
        const why = error.killed === true ? `no end within ${TIMEOUT_MS} ms` : stderr || stdout || error.message;
        const told = why.trim().slice(-QUOTED_CHARACTERS);
        reject(new UnavailableError("KVP_E_CLUSTER", `${[program, ...args].join(" ")} failed: ${told}`));
      });
    });
  }
}
