import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { NodeCommand } from "./node-command.js";

describe("the command that breaks nodes", () => {
  it("is run with the action, the node's name and its number in their places, and no shell", async () => {
    const dir = mkdtempSync(join(tmpdir(), "kvproof-node-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const file = join(dir, "told");
    const code = `require("fs").writeFileSync(process.argv[1],process.argv.slice(2).join("|"))`;
    await new NodeCommand(`${process.execPath} -e ${code} ${file} {action} {node} n={number} $HOME`).run(
      "crash",
      "pool-a-12",
    );
    expect(readFileSync(file, "utf8")).toBe("crash|pool-a-12|n=12|$HOME");
  });

  it("that fails is told with what it said", async () => {
    const failing = new NodeCommand(
      `${process.execPath} -e console.error("no_such_node");process.exit(3) {action} {node}`,
    );
    await expect(failing.run("up", "b")).rejects.toThrow(/ up b failed: no_such_node$/);
    await expect(new NodeCommand("/nowhere/power.sh {action} {node}").run("up", "b")).rejects.toThrow("ENOENT");
  });

  it("that names no node or no action is refused before anything is made", () => {
    for (const template of ["power.sh {node}", "power.sh {action}", ""])
      expect(() => new NodeCommand(template)).toThrow("--node-command must name {action}, and {node} or {number}");
  });
});
