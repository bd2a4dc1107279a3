import { describe, expect, it } from "vitest";
import { DEFAULT_IMAGE } from "./default-image.js";
import { NodeCommand } from "./nodes/node-command.js";
import { repeatOptions } from "./repeat-options.js";

const plain = { image: DEFAULT_IMAGE, reach: "auto", discovers: false } as const;

describe("what opens the lab of a run again", () => {
  it("repeats the command that breaks nodes as it was given", () => {
    const nodeCommand = new NodeCommand("power.sh {action} {node}");
    const typed = repeatOptions({ ...plain, nodeCommand }, "kvk", {});
    expect(typed.slice(-2)).toEqual(["--node-command", "power.sh {action} {node}"]);
  });

  it("is the cluster that was said to be meant, and nothing that is so anyway", () => {
    expect(repeatOptions(plain, "kvk", {})).toEqual(["--yes-this-cluster", "kvk"]);
    expect(repeatOptions({ ...plain, injector: "built-in" }, "kvk", {})).toEqual(["--yes-this-cluster", "kvk"]);
  });

  it("names a configuration that only the environment named", () => {
    const env = { KVPROOF_KUBECONFIG: "/c/config" };
    expect(repeatOptions(plain, "kvk", env).slice(0, 2)).toEqual(["--kubeconfig", "/c/config"]);
    expect(repeatOptions({ ...plain, kubeconfig: "/d" }, "kvk", env).slice(0, 2)).toEqual(["--kubeconfig", "/d"]);
  });

  it("has everything else that was chosen", () => {
    const chosen = { context: "a", image: "me:1", reach: "forward", discovers: true, injector: "chaos-mesh" } as const;
    expect(repeatOptions(chosen, "a", {}).join(" ")).toBe(
      "--context a --yes-this-cluster a --image me:1 --reach forward --discover --injector chaos-mesh",
    );
  });
});
