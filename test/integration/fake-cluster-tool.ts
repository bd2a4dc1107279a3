/** Plays kind, k3d or docker on PATH: remembers how it was called, keeps clusters as files, and prints a kubeconfig that a test gives. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { CliWorld } from "./cli-world.js";

/** Creates, lists and deletes as kind and k3d 5 do, as far as we call them. */
const SCRIPT = `#!/bin/sh
cd "$FAKE_DIR" || exit 9
echo "$(basename "$0") $*" >> calls
[ -e "fail-$1" ] && { echo "ERROR: $1 cannot work today" >&2; exit 1; }
case "$1 $2" in
"create cluster"|"cluster create")
  echo "Creating cluster" >&2
  touch made
  if [ -e hang-create ]; then
    [ "$(cat hang-create)" = deaf ] && trap '' TERM || trap 'echo ended >> calls; exit 143' TERM
    while :; do sleep 0.05; done
  fi ;;
"delete cluster"|"cluster delete") rm -f made ;;
"get clusters"|"cluster list") [ -e made ] && echo "kvproof 1/1 2/2 true"; true ;;
"get kubeconfig"|"kubeconfig get") cat kubeconfig ;;
"load docker-image"|"image import") touch loaded ;;
"image inspect") [ -e has-image ] ;;
*) echo "unknown command $*" >&2; exit 2 ;;
esac
`;
/** kind prints names alone. */
const KIND = SCRIPT.replace("kvproof 1/1 2/2 true", "kvproof");

export class FakeTools {
  readonly #world: CliWorld;

  constructor(world: CliWorld, tools: readonly ("kind" | "k3d" | "docker")[]) {
    this.#world = world;
    mkdirSync(world.path("bin"));
    mkdirSync(world.path("fake"));
    for (const tool of tools) {
      writeFileSync(world.path("bin", tool), tool === "kind" ? KIND : SCRIPT);
      chmodSync(world.path("bin", tool), 0o755);
    }
  }

  /** No kind or k3d that this machine may have is found. */
  get env(): Readonly<Record<string, string>> {
    const { path } = { path: (...parts: string[]) => this.#world.path(...parts) };
    return { PATH: `${path("bin")}:/bin`, FAKE_DIR: path("fake"), XDG_STATE_HOME: path("state") };
  }

  /** One line per call. */
  get calls(): string[] {
    const file = this.#world.path("fake", "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }

  has(name: "made" | "loaded"): boolean {
    return existsSync(this.#world.path("fake", name));
  }

  put(name: "kubeconfig" | "has-image" | "hang-create" | "made" | "fail-create" | "fail-load", text = ""): void {
    writeFileSync(this.#world.path("fake", name), text);
  }
}
