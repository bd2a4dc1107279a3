import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "../../base/log.js";
import { EngineHealth } from "./engine-health.js";
import { EngineHttp, upstreamFailure } from "./engine-http.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function healthOf(url: string): { health: EngineHealth; changes: string[] } {
  const http = new EngineHttp(url, { upstreamTimeoutMs: 1_000 });
  const changes: string[] = [];
  const events = {
    checked: () => undefined,
    changed: (state: string, previous: string) => void changes.push(`${previous}>${state}`),
  };
  const health = new EngineHealth(http, 60_000, events, silentLogger);
  cleanups.push(
    () => health.stop(),
    () => http.close(0),
  );
  return { health, changes };
}

describe("EngineHealth", () => {
  it("takes an engine out at the first refusal, and back at the first answer", async () => {
    const server = createServer((_, response) => void response.end());
    const port = await listening(server);
    const { health, changes } = healthOf(`http://127.0.0.1:${port}`);
    await health.checkNow();
    expect(health.state).toBe("healthy");
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await health.checkNow();
    expect(health.state).toBe("down");
    const again = createServer((_, response) => void response.end());
    await new Promise<void>((resolve) => again.listen(port, "127.0.0.1", resolve));
    cleanups.push(() => again.close());
    await health.checkNow();
    expect(changes).toEqual(["unknown>healthy", "healthy>down", "down>healthy"]);
  });

  it("forgives one missed check, since a busy engine may be slow, but not two", async () => {
    const port = await listening(createServer((request) => request.socket.destroy()));
    const { health, changes } = healthOf(`http://127.0.0.1:${port}`);
    await health.checkNow();
    expect(health.state).toBe("unknown");
    await health.checkNow();
    expect(changes).toEqual(["unknown>unresponsive"]);
  });

  it("believes an engine that says it is dead", async () => {
    const port = await listening(createServer((_, response) => void response.writeHead(503).end()));
    const { health } = healthOf(`http://127.0.0.1:${port}`);
    await health.checkNow();
    expect(health.state).toBe("unresponsive");
  });

  it("takes a refused request for proof, and an aborted one for nothing", () => {
    const { health } = healthOf("http://127.0.0.1:9");
    health.reportFailure("aborted");
    expect(health.state).toBe("unknown");
    health.reportFailure("refused");
    expect(health.state).toBe("down");
  });
});

describe("upstreamFailure", () => {
  it("names how a call failed", async () => {
    const refused = new EngineHttp("http://127.0.0.1:9", { upstreamTimeoutMs: 1_000 });
    cleanups.push(() => refused.close(0));
    expect(upstreamFailure(await refused.get("/", 1_000).catch((error: unknown) => error))).toBe("refused");
    const silent = new EngineHttp(`http://127.0.0.1:${await listening(createServer(() => undefined))}`, {
      upstreamTimeoutMs: 1_000,
    });
    cleanups.push(() => silent.close(0));
    expect(upstreamFailure(await silent.get("/", 50).catch((error: unknown) => error))).toBe("timeout");
    const rude = new EngineHttp(
      `http://127.0.0.1:${await listening(createServer((request) => request.socket.destroy()))}`,
      { upstreamTimeoutMs: 1_000 },
    );
    cleanups.push(() => rude.close(0));
    expect(upstreamFailure(await rude.get("/", 1_000).catch((error: unknown) => error))).toBe("reset");
  });
});
