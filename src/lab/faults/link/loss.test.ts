/** The evidence of packet loss says what was measured and no more: the kernel counts packets, only the relay knows how late. */
import { describe, expect, it } from "vitest";
import type { LinkAccount, LinkPort } from "../../links.js";
import { FakeWorld } from "../testing/fake-world.js";
import { loss } from "./loss.js";

async function effectOf(backend: LinkPort["backend"], account: Partial<LinkAccount>): Promise<string | null> {
  const links = {
    backend,
    begin: async () => {},
    look: async () => [{ engine: "m/1", retransmissions: 0, worstDelayMs: 0, ...account }],
  } as unknown as LinkPort;
  const world = new FakeWorld(["m/1"], undefined, { links });
  const fault = await loss.inject(world, { percent: 10, backend: "auto", ports: ["events"] });
  return fault.effect();
}

describe("link.loss", () => {
  it("has no effect before something was lost", async () => {
    for (const backend of ["relay", "netns"] as const) expect(await effectOf(backend, {})).toBeNull();
  });

  it("tells of the lateness that the relay caused", async () => {
    expect(await effectOf("relay", { retransmissions: 3, worstDelayMs: 200.4 })).toBe(
      "1 of 1 engines: m/1 3 segments sent again, late by up to 200 ms (backend: relay)",
    );
  });

  it("claims no lateness where nobody measured it", async () => {
    expect(await effectOf("netns", { retransmissions: 3 })).toBe("1 of 1 engines: m/1 3 packets lost (backend: netns)");
  });
});
