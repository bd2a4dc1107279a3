import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { Rng } from "../../base/rng.js";
import { AddressPool, canBind, freePortRun, SHARED_ADDRESS } from "./addresses.js";

const severalLoopbacks = await canBind("127.77.0.1");

describe.skipIf(!severalLoopbacks)("loopback addresses (needs all of 127.0.0.0/8)", () => {
  it("gives every engine of a run its own", async () => {
    const pool = await AddressPool.open(new Set(), new Rng(1));
    const taken = Array.from({ length: 600 }, () => pool.take());
    expect(new Set(taken).size).toBe(600);
    expect(taken.every((address) => address.startsWith(`${pool.block}.`) && !/\.(0|255)$/.test(address))).toBe(true);
  });

  it("keeps two runs on one machine apart", async () => {
    const first = await AddressPool.open(new Set(), new Rng(1));
    const second = await AddressPool.open(new Set([first.block]), new Rng(1));
    expect(second.block).not.toBe(first.block);
  });
});

describe("a system that knows 127.0.0.1 only", () => {
  it("gets it for all engines, which then differ by port", async () => {
    const pool = await AddressPool.open(new Set(), new Rng(1), async () => false);
    expect([pool.separate, pool.take(), pool.take()]).toEqual([false, SHARED_ADDRESS, SHARED_ADDRESS]);
  });
});

describe("ports", () => {
  it("offers a run of ports of which none is taken", async () => {
    const first = await freePortRun(SHARED_ADDRESS, 4);
    for (let port = first; port < first + 4; port++) expect(await canBind(SHARED_ADDRESS, port)).toBe(true);
  });

  it("sees that a port is taken", async () => {
    const server = createServer().listen(0, SHARED_ADDRESS);
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    expect(await canBind(SHARED_ADDRESS, port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });
});
