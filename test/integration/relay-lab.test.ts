/** The relay in the local lab: consumers dial it, control does not, and it lives and ends with the lab. */
import { request } from "undici";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { LINK_PORTS } from "../../src/lab/links.js";
import { anEngine, LabWorld } from "./lab-world.js";

const healthy = async (url: string): Promise<boolean> =>
  request(`${url}/health`, { headersTimeout: 500, bodyTimeout: 500 }).then(
    ({ statusCode }) => statusCode === 200,
    () => false,
  );
const until = (describe_: string, condition: () => boolean | Promise<boolean>): Promise<true> =>
  waitFor(condition, { describe: describe_, timeoutMs: 10_000 });

describe("a relayed lab", () => {
  it("gives every engine a second address, which stays over restarts and changes with a move", async () => {
    const { lab } = await LabWorld.open(undefined, { relay: true });
    const first = await lab.startEngine(anEngine("llama/1", { ranks: 2 }));
    expect(first.endpoints.address).not.toBe(first.direct.address);
    expect(first.endpoints.lab).toBe(first.direct.lab);
    expect(await healthy(first.endpoints.http)).toBe(true);
    const second = await lab.restartEngine("llama/1", "kill");
    expect(second.endpoints).toEqual(first.endpoints);
    expect(await healthy(second.endpoints.http)).toBe(true);
    await lab.stopEngine("llama/1", "graceful");
    await until("the relay to refuse", async () => !(await healthy(first.endpoints.http)));
    const moved = await lab.startEngine(anEngine("llama/1"), { newAddress: true });
    expect(moved.endpoints.address).not.toBe(first.endpoints.address);
    const heir = await lab.startEngine(anEngine("llama/2"), { reuseAddressOf: "llama/1" }).catch(() => null);
    expect(heir).toBeNull();
    await lab.stopEngine("llama/1", "kill");
    const successor = await lab.startEngine(anEngine("llama/2"), { reuseAddressOf: "llama/1" });
    expect(successor.endpoints).toEqual({ ...moved.endpoints, lab: successor.direct.lab });
    expect(await healthy(successor.endpoints.http)).toBe(true);
  });

  it("disturbs one engine's links and leaves others and control alone", async () => {
    const { lab } = await LabWorld.open(undefined, { relay: true });
    const [a, b] = await Promise.all([lab.startEngine(anEngine("llama/1")), lab.startEngine(anEngine("llama/2"))]);
    await lab.links?.begin("cut", { kind: "refuse", reset: true }, { engines: ["llama/1"], ports: LINK_PORTS }, 1);
    expect(await Promise.all([a.endpoints.http, a.direct.http, b.endpoints.http].map(healthy))).toEqual([
      false,
      true,
      true,
    ]);
    await lab.links?.end("cut");
    expect(await healthy(a.endpoints.http)).toBe(true);
    await lab.links?.end("cut");
    expect((await lab.links?.look("cut"))?.map(({ engine }) => engine)).toEqual(["llama/1"]);
    await expect(
      lab.links?.begin("cut", { kind: "blackhole" }, { engines: ["llama/1"], ports: ["http"] }, 1),
    ).rejects.toThrow(/lies already/);
  });

  it("says so when the relay is gone", async () => {
    const { lab, world } = await LabWorld.open(undefined, { relay: true });
    await lab.startEngine(anEngine("llama/1"));
    const usage = lab.resources().find(({ process }) => process === "relay");
    expect(usage?.rssBytes).toBeGreaterThan(1e6);
    process.kill(world.pidOf("relay"), "SIGKILL");
    await until("the loss to be reported", () => world.gatewayFailure !== null);
    expect(world.gatewayFailure?.message).toMatch(/the relay ended \(signal SIGKILL\) in the middle of the run/);
    await expect(lab.links?.look("x")).rejects.toThrow(/the relay is gone/);
  });

  it("has no relay unless it was asked for", async () => {
    const { lab } = await LabWorld.open();
    const engine = await lab.startEngine(anEngine("llama/1"));
    expect(lab.links).toBeNull();
    expect(engine.endpoints).toEqual(engine.direct);
  });
});
