/** `kvproof run --lab netns` as a user meets it: a verdict, Ctrl-C, kill -9; nothing of it stays on the machine. */
import { readdirSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { thisMachine } from "../../src/lab/local/host/machine.js";
import { aScenario, CliWorld, expectNothingRuns } from "./cli-world.js";

const { abilities } = thisMachine();
const lacking = abilities.get("network.namespaces") !== null || abilities.get("host.disk-full") !== null;
const RUN_LIMIT_MS = 60_000;
const VOLUMES = "faults: [{ id: full, kind: host.disk-full, target: engines/llama/1, at: 1s, for: 1s }]\n";

/** Our links and namespaces on this machine, other runs' included. */
function traces(): Set<string> {
  const links = Object.keys(networkInterfaces()).filter((name) => /^kvp\d+h$/.test(name));
  return new Set([...links, ...readdirSync("/run/netns").filter((name) => /^kvp\d+$/.test(name))]);
}

describe.skipIf(lacking)("a run in a network namespace (needs root and nft)", () => {
  it("comes to a verdict, names its lab and how to repeat it, and takes the namespace away", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const before = traces();
    const finished = await world.run(["run", "s.yaml", "--lab", "netns", "--json"]);
    expect(finished, finished.stderr).toMatchObject({ code: 0 });
    expect(world.summary()).toMatchObject({ lab: "netns", repro: expect.stringContaining("--lab netns") });
    expect([...traces()].filter((name) => !before.has(name))).toEqual([]);
    expectNothingRuns(world);
  });

  it("that is interrupted takes it away, too", { timeout: RUN_LIMIT_MS }, async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario({ steady: "60s" }));
    const before = traces();
    const running = world.start(["run", "s.yaml", "--lab", "netns"], { terminal: true });
    await world.underLoad();
    expect(traces().size).toBeGreaterThan(before.size);
    running.signal("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130 });
    expect([...traces()].filter((name) => !before.has(name))).toEqual([]);
  });

  it("that is killed by a second Ctrl-C leaves no namespace and no mount", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario({ steady: "60s", more: VOLUMES }));
    const before = traces();
    const running = world.start(["run", "s.yaml", "--lab", "netns"], { terminal: true });
    await world.underLoad();
    running.signal("SIGINT");
    running.signal("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130 });
    await world.untilNothingRuns();
    expect([...traces()].filter((name) => !before.has(name))).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(world.dir);
    expectNothingRuns(world);
  });

  it("that was killed is healed by the next start, mounts included, which says so", {
    timeout: RUN_LIMIT_MS,
  }, async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario({ steady: "60s", more: VOLUMES }));
    world.write("next.yaml", aScenario({ id: "cli/next" }));
    const before = traces();
    const running = world.start(["run", "s.yaml", "--lab", "netns"]);
    await world.underLoad();
    running.signal("SIGKILL");
    await running.ended;
    await world.untilNothingRuns();
    const [left] = [...traces()].filter((name) => !before.has(name) && name.endsWith("h"));
    expect(left).toBeDefined();
    const next = await world.run(["run", "next.yaml", "--quiet"]);
    expect(next, next.stdout).toMatchObject({ code: 0 });
    const told = next.stderr.trim().split("\n");
    expect(
      told.filter((line) =>
        /^unmounted .*volumes\/(gateway|llama-[12]), left behind by a run that crashed$/.test(line),
      ),
    ).toHaveLength(3);
    expect(told).toContainEqual(
      `removed the network namespace ${left?.slice(0, -1)} and its link ${left}, left behind by a run that crashed`,
    );
    expect([...traces()].filter((name) => !before.has(name))).toEqual([]);
  });

  it("of a kind that does not exist is refused, with those that do", { timeout: RUN_LIMIT_MS }, async (context) => {
    const world = new CliWorld(context);
    world.write("s.yaml", aScenario());
    const finished = await world.run(["run", "s.yaml", "--lab", "moon"]);
    expect(finished).toMatchObject({ code: 64 });
    expect(finished.stderr).toContain("local, netns");
  });
});
