/** A probe that waits longer than its look lasts sees nothing of a host that is away: connections to it are not refused, they never come. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { waitFor } from "../base/async.js";
import { callLab } from "./kubernetes/pods/lab-client.js";
import { answersInTime } from "./faults/watching.js";

/** Takes no connection: further ones wait until the queue of those has room. */
const DEAF = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A port of this machine that answers no attempt to connect, as one of a host without a cable. */
async function deafPort(): Promise<number> {
  const worker = new Worker(DEAF, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, "message")) as [number];
  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  const comes = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => undefined);
      sockets.push(socket);
      setTimeout(() => resolve(false), 300);
    });
  await waitFor(async () => !(await comes()), { describe: "the queue of connections to be full", timeoutMs: 10_000 });
  return port;
}

it("whoever asks a host that is away has an answer in time", async () => {
  const url = `http://127.0.0.1:${await deafPort()}`;
  const beganAt = performance.now();
  expect(await answersInTime(url, 200)).toBe(false);
  await expect(callLab({ url, token: "t", engine: "m/1" }, "reset", {}, 300)).rejects.toThrow(
    "waited 300 ms for an answer of http://127.0.0.1:",
  );
  expect(performance.now() - beganAt).toBeLessThan(3_000);
});
