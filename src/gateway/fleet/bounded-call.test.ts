/** A look at an engine ends in time, whatever the engine does: a hung one must not hang the router's picture of it. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { LIMITS } from "../limits.js";
import { boundedCall } from "./bounded-call.js";
import { upstreamFailure } from "./engine-http.js";

async function anEngine(answer: (path: string, response: ServerResponse) => void, connections = 1): Promise<Pool> {
  const server = createServer((request, response) => answer(request.url ?? "", response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections, pipelining: 1 });
  onTestFinished(async () => {
    await pool.destroy();
    server.closeAllConnections();
    server.close();
  });
  return pool;
}

const call = (pool: Pool, path = "/", timeoutMs = 5000) =>
  boundedCall(pool, `GET ${path}`, { method: "GET", path }, timeoutMs);

describe("a bounded call", () => {
  it("gives status and body, sent in pieces or not at all", async () => {
    const pool = await anEngine((path, response) => {
      response.statusCode = path === "/empty" ? 204 : 418;
      if (path !== "/empty") response.write("te");
      response.end(path === "/empty" ? undefined : "apot");
    });
    expect(await call(pool)).toEqual({ status: 418, body: Buffer.from("teapot") });
    expect(await call(pool, "/empty")).toEqual({ status: 204, body: Buffer.alloc(0) });
  });

  it("ends in time when the engine is silent, before its answer or in the middle of it", async () => {
    const pool = await anEngine((path, response) => {
      if (path === "/half") response.write("{");
    }, 2);
    for (const path of ["/", "/half"]) {
      const thrown: unknown = await call(pool, path, 50).catch((error: unknown) => error);
      expect([String(thrown), upstreamFailure(thrown)]).toEqual([
        `TimeoutError: GET ${path} was not answered within 50 ms`,
        "timeout",
      ]);
    }
  });

  it("ends in time when it waits behind another, and is then not sent", async () => {
    const seen: string[] = [];
    const held: ServerResponse[] = [];
    const pool = await anEngine((path, response) => {
      seen.push(path);
      if (path === "/first") held.push(response);
      else response.end();
    });
    const first = call(pool, "/first");
    await expect(call(pool, "/second", 50)).rejects.toThrow("GET /second was not answered within 50 ms");
    held[0]?.end("done");
    expect((await first).body.toString()).toBe("done");
    expect((await call(pool, "/third")).status).toBe(200);
    expect(seen).toEqual(["/first", "/third"]);
  });

  it("does not read on when the answer is too long", async () => {
    const chunk = Buffer.alloc(1 << 20);
    const pool = await anEngine((_, response) => {
      for (let bytes = 0; bytes <= LIMITS.engineAnswerBytes; bytes += chunk.length) response.write(chunk);
    });
    await expect(call(pool)).rejects.toMatchObject({ code: "KVP_E_LIMIT" });
  });

  it("tells a refusal and a broken connection apart", async () => {
    const pool = await anEngine((_, response) => void response.destroy());
    expect(upstreamFailure(await call(pool).catch((error: unknown) => error))).toBe("reset");
    const nobody = new Pool("http://127.0.0.1:1");
    onTestFinished(() => nobody.destroy());
    expect(upstreamFailure(await call(nobody).catch((error: unknown) => error))).toBe("refused");
  });
});
