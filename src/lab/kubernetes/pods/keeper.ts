/** The keeper beside a process in its pod: signals it, frees its next life, reads what it left. */
import { runInPod } from "../cluster/run-in-pod.js";
import { KEEPER, STATE_FOLDER } from "../manifests/lab-pod.js";
import type { KubeContext } from "./lab-context.js";
import { STATE } from "./next-life.js";

const STOP_MS = 15_000;

/** Resolves when the process is gone: killed at once, or told to end and killed after `graceS`. Already gone is gone. */
const END = `p=$(cat ${STATE_FOLDER}/${STATE.pid}) || exit 0
kill -"$1" "$p" 2>/dev/null; kill -CONT "$p" 2>/dev/null
n=0
while kill -0 "$p" 2>/dev/null; do
  n=$((n + 1))
  [ $n -eq "$2" ] && kill -KILL "$p"
  sleep 0.02
done
true`;
const LOOKS_PER_S = 50;
/** The process's state letter, after the signal has been sent. */
const SIGNAL = `p=$(cat ${STATE_FOLDER}/${STATE.pid}) && kill -"$1" "$p"`;
const RELEASE = `printf %s "$1" > ${STATE_FOLDER}/.next && mv ${STATE_FOLDER}/.next ${STATE_FOLDER}/${STATE.next}`;
const TAIL = `[ -e "$1" ] && tail -c "+$2" "$1" || true`;

export class Keeper {
  readonly #context: KubeContext;
  readonly #pod: string;
  /** The container that it keeps. */
  readonly #container: string;

  constructor(context: KubeContext, pod: string, container: string) {
    this.#context = context;
    this.#pod = pod;
    this.#container = container;
  }

  /** The process is gone when this resolves. */
  async end(signal: "TERM" | "KILL", graceS: number): Promise<void> {
    const { kill } = this.#context;
    if (signal === "KILL" && kill !== undefined) return kill(this.#pod, this.#container);
    await this.#run(END, [signal, String(graceS * LOOKS_PER_S)], STOP_MS + graceS * 1000);
  }

  async signal(signal: "STOP" | "CONT"): Promise<void> {
    await this.#run(SIGNAL, [signal]);
  }

  /** The next life may begin, with these arguments. */
  async release(args: readonly string[]): Promise<void> {
    await this.#run(RELEASE, [JSON.stringify(args)]);
  }

  /** What a file of the state folder holds from this byte on; nothing when there is no such file. */
  tail(file: string, fromByte: number): Promise<Buffer> {
    return this.#run(TAIL, [`${STATE_FOLDER}/${file}`, String(fromByte + 1)]);
  }

  /** A pod that is being deleted may go now. */
  async letGo(): Promise<void> {
    await this.#run(`touch ${STATE_FOLDER}/${STATE.done}`);
  }

  #run(script: string, args: readonly string[] = [], timeoutMs?: number): Promise<Buffer> {
    const { api, namespace } = this.#context;
    return runInPod(api.config, {
      namespace,
      pod: this.#pod,
      container: KEEPER,
      script,
      args,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }
}
