/** A copy of a ledger that lacks its end would turn true answers into inventions. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../../base/async.js";
import { LedgerMirror } from "./ledger-mirror.js";

const line = (n: number): string => `{"seq":${n},"at_ns":${n}}\n`;

/** An engine's lab port: its ledger, its followers, and whether it can be reached. */
class LabPort {
  text = "";
  away = false;
  readonly #server: Server;
  readonly #followers = new Set<{ readonly res: ServerResponse; sent: number }>();

  private constructor() {
    this.#server = createServer((req, res) => {
      if (this.away) return res.destroy();
      const url = new URL(req.url ?? "/", "http://lab");
      if (url.pathname === "/lab") return res.end("{}");
      const sent = Number(url.searchParams.get("from"));
      res.flushHeaders();
      if (url.searchParams.get("follow") !== "1") return res.end(this.text.slice(sent));
      const follower = { res, sent };
      this.#followers.add(follower);
      return this.#send();
    });
  }

  static async open(): Promise<LabPort> {
    const port = new LabPort();
    await new Promise<void>((resolve) => port.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      port.#server.close();
      port.#server.closeAllConnections();
    });
    return port;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  write(text: string): void {
    this.text += text;
    if (!this.away) this.#send();
  }

  goAway(): void {
    this.away = true;
    for (const { res } of this.#followers) res.destroy();
    this.#followers.clear();
  }

  #send(): void {
    for (const follower of this.#followers) {
      follower.res.write(this.text.slice(follower.sent));
      follower.sent = this.text.length;
    }
  }
}

async function followed(): Promise<{ port: LabPort; mirror: LedgerMirror; copy: () => string }> {
  const port = await LabPort.open();
  const dir = mkdtempSync(join(tmpdir(), "kvproof-mirror-"));
  const file = join(dir, "ledger");
  const mirror = new LedgerMirror({ url: port.url, token: "t", file, offsetNs: 0 });
  onTestFinished(async () => {
    await mirror.abandon();
    rmSync(dir, { recursive: true });
  });
  return { port, mirror, copy: () => readFileSync(file, "utf8") };
}

const until = (condition: () => boolean): Promise<true> =>
  waitFor(condition, { describe: "the copy to be as told", timeoutMs: 5_000, intervalMs: 2 });

describe("the copy of a ledger", () => {
  it("goes on where it was once the way to its engine is back", async () => {
    const { port, mirror, copy } = await followed();
    port.write(line(1));
    await until(() => copy() === line(1));
    port.goAway();
    expect(await mirror.ended).toBe(false);
    port.write(line(2));
    port.away = false;
    await until(() => copy() === line(1) + line(2));
  });

  it("is brought up to date at the end of a run, though nothing followed it any more", async () => {
    const { port, mirror, copy } = await followed();
    port.write(line(1));
    await until(() => copy() === line(1));
    port.goAway();
    port.write(line(2) + line(3));
    port.away = false;
    expect(await mirror.catchUp()).toBe(true);
    expect(copy()).toBe(line(1) + line(2) + line(3));
  });

  it("says when its end cannot be had from the engine", async () => {
    const { port, mirror } = await followed();
    port.goAway();
    expect(await mirror.catchUp()).toBe(false);
  });
});
