import { describe, expect, it } from "vitest";
import type { GatewayHandle } from "../ports.js";
import type { SutDriver, SystemUnderTest } from "./port.js";
import { RestartableSut } from "./restartable-sut.js";

const query = { model: "m", lora: null, salt: null, tokens: [1] };

/** Answers with the URL of the life that was asked. */
function driver(stopped: string[]): SutDriver {
  const connect = async ({ url }: GatewayHandle): Promise<SystemUnderTest> =>
    ({
      name: "fake",
      version: "1",
      openaiUrl: url,
      match: async () => ({ [url]: 1 }),
      stop: async () => void stopped.push(url),
    }) as unknown as SystemUnderTest;
  return { name: "fake", connect } as unknown as SutDriver;
}

const handle = (url: string): GatewayHandle => ({ url, adminToken: "", logFile: "" });

describe("a system under test that is restarted", () => {
  it("refuses by name while it is down, so that probes go on, and answers from its new life afterwards", async () => {
    const stopped: string[] = [];
    const sut = await RestartableSut.connect(driver(stopped), handle("first"));
    expect(await sut.match(query)).toEqual({ first: 1 });
    await sut.disconnect();
    expect([sut.up, stopped]).toEqual([false, ["first"]]);
    await expect(sut.match(query)).rejects.toThrow("fake is down");
    await expect(sut.streams()).rejects.toMatchObject({ code: "KVP_E_SUT_UNAVAILABLE" });
    await sut.reconnect(handle("second"));
    expect(await sut.match(query)).toEqual({ second: 1 });
  });

  it("lets go of one life only once", async () => {
    const stopped: string[] = [];
    const sut = await RestartableSut.connect(driver(stopped), handle("first"));
    await sut.stop();
    await sut.stop();
    expect(stopped).toEqual(["first"]);
  });
});
