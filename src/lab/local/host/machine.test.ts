import { describe, expect, it } from "vitest";
import { examine, type MachineFacts } from "./machine.js";
import type { MemoryGroups } from "./memory-groups.js";

const groups = { parent: "/sys/fs/cgroup/memory" } as MemoryGroups;
const everything: MachineFacts = {
  platform: "linux",
  isRoot: true,
  programs: (name) => `/usr/sbin/${name}`,
  memoryGroups: () => groups,
};

describe("what a machine can do", () => {
  it("is everything where everything is there", () => {
    const machine = examine(everything);
    expect([...machine.abilities.values()].every((reason) => reason === null)).toBe(true);
    expect(machine.memoryGroups).toBe(groups);
    expect(machine.stressNg).toBe("/usr/sbin/stress-ng");
  });

  it("is strain alone for a user without rights and tools, each absence with its reason", () => {
    const { abilities, stressNg, memoryGroups } = examine({
      ...everything,
      isRoot: false,
      programs: () => null,
      memoryGroups: () => "it needs a memory cgroup, and none can be made",
    });
    expect(Object.fromEntries(abilities)).toEqual({
      "host.cpu": null,
      "host.memory": null,
      "host.disk-stress": null,
      "host.memory-limit": "it needs a memory cgroup, and none can be made",
      "host.disk-full": "it needs root",
      "network.namespaces": "it needs root",
    });
    expect([stressNg, memoryGroups]).toEqual([null, null]);
  });

  it("names the program that is missing", () => {
    const without = (missing: string): MachineFacts => ({
      ...everything,
      programs: (name) => (name === missing ? null : `/bin/${name}`),
    });
    expect(examine(without("nft")).abilities.get("network.namespaces")).toBe("the program nft is not installed");
    expect(examine(without("mount")).abilities.get("host.disk-full")).toBe("the program mount is not installed");
  });

  it("claims nothing that it could not measure elsewhere than on Linux", () => {
    const { abilities } = examine({ ...everything, platform: "darwin" });
    expect([...abilities.values()].every((reason) => reason !== null && /Linux/.test(reason))).toBe(true);
  });
});
