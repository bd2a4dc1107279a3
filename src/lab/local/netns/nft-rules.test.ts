import { describe, expect, it } from "vitest";
import { countEstablished } from "./open-connections.js";
import { healedRules, isRuled, rulesOf } from "./nft-rules.js";

const engines = [{ engine: "llama/1", address: "198.19.7.1", ports: [8000, 5557] }];

describe("rules of a namespace", () => {
  it("lose a share of the packets of an engine's ports, each way, and count them", () => {
    expect(rulesOf("t", engines, { kind: "loss", probability: 0.1 })).toBe(`table inet t {
  counter e0-out-seen { }
  counter e0-out-hit { }
  counter e0-in-seen { }
  counter e0-in-hit { }
  chain out {
    type filter hook output priority 0; policy accept;
    ip saddr 198.19.7.1 tcp sport { 8000, 5557 } counter name e0-out-seen
    ip saddr 198.19.7.1 tcp sport { 8000, 5557 } numgen random mod 1000000 < 100000 counter name e0-out-hit drop
  }
  chain in {
    type filter hook input priority 0; policy accept;
    ip daddr 198.19.7.1 tcp dport { 8000, 5557 } counter name e0-in-seen
    ip daddr 198.19.7.1 tcp dport { 8000, 5557 } numgen random mod 1000000 < 100000 counter name e0-in-hit drop
  }
}
`);
  });

  it("cut one direction alone when asked to", () => {
    const rules = rulesOf("t", engines, { kind: "silence", directions: ["to-engine"] });
    expect(rules).toMatch(/dport .* e0-in-hit drop/);
    expect(rules).not.toContain("e0-out-hit drop");
  });

  it("go while their counters stay", () => {
    const rules = healedRules("t", engines);
    expect(rules).toMatch(/^flush chain inet t out\nflush chain inet t in\n/);
    expect(rules).not.toMatch(/drop|reject/);
    expect(rules).toContain("counter name e0-in-seen");
  });

  it("are not claimed for what packets cannot show", () => {
    expect(["loss", "silence", "refuse", "delay", "blackhole", "drop"].map((kind) => isRuled({ kind }))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("connections of a namespace", () => {
  it("are those that are established to the ports in question", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 010713C6:1F40 00000000:0000 0A 00000000:00000000
   1: 010713C6:1F40 010712C6:D431 01 00000000:00000000
   2: 010713C6:15B5 010712C6:D432 01 00000000:00000000
   3: 010713C6:2222 010712C6:D433 01 00000000:00000000
   4: 020713C6:1F40 010712C6:D434 01 00000000:00000000`;
    expect(countEstablished(table, "198.19.7.1", [8000, 5557])).toBe(2);
  });
});
