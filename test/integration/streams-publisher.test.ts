/** A restart comes back at the same ports; replays of traces with many lives depend on it. */
import { connect } from "node:net";
import { Dealer, Router } from "zeromq";
import { describe, expect, it, onTestFinished } from "vitest";
import { waitFor } from "../../src/base/async.js";
import { StreamPublisher } from "../../src/streams/publish/stream-publisher.js";

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", () => resolve(false));
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
  });
}

describe("a publisher of a trace", () => {
  it("waits for a port that is not free yet, and keeps the one that it has", async () => {
    const publisher = await StreamPublisher.open({
      host: "127.0.0.1",
      port: 0,
      replayPort: 0,
      ring: 10,
      replayFrames: 4,
    });
    onTestFinished(() => publisher.close());
    const { events, replay } = publisher;
    const squatter = new Router({ linger: 0 });
    onTestFinished(() => squatter.close());
    // libzmq lets go of a port late; here another socket has it, until the events port is bound again.
    const taken = (): Promise<boolean> =>
      squatter.bind(replay).then(
        () => true,
        () => false,
      );
    let squatting = false;
    const restarted = publisher.restart(async () => {
      squatting = await waitFor(taken, { describe: "the replay port", timeoutMs: 5000 });
    });
    const boundAgain = async (): Promise<boolean> => squatting && (await accepts(Number(events.split(":")[2])));
    await waitFor(boundAgain, { describe: "the events port", timeoutMs: 5000 });
    squatter.close();
    await restarted;
    expect([publisher.events, publisher.replay]).toEqual([events, replay]);
    const dealer = new Dealer({ linger: 0, receiveTimeout: 5000 });
    onTestFinished(() => dealer.close());
    dealer.connect(replay);
    await publisher.send(0, "t", Buffer.from("x"));
    await dealer.send(["", Buffer.alloc(8)]);
    expect((await dealer.receive()).map(String)).toEqual(["", "t", "\0".repeat(8), "x"]);
  });

  it("comes back again and again", async () => {
    const publisher = await StreamPublisher.open({
      host: "127.0.0.1",
      port: 0,
      replayPort: 0,
      ring: 10,
      replayFrames: 4,
    });
    onTestFinished(() => publisher.close());
    const { events } = publisher;
    for (let life = 0; life < 20; life++) await publisher.restart();
    expect(publisher.events).toBe(events);
  });
});
