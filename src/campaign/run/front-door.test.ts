import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../../base/clock.js";
import { Rng } from "../../base/rng.js";
import type { EngineHandle } from "../../lab/ports.js";
import type { SystemUnderTest } from "../../lab/sut/port.js";
import type { Fleet } from "./fleet.js";
import { notTaken, OwnDoor, UnknownChoice } from "./front-door.js";
import { InFlight } from "./in-flight.js";
import type { Prompt } from "./prompt-book.js";

const prompt = { model: "m", adapter: null, salt: null, tokens: [1, 2] } as unknown as Prompt;
const handle = (engine: string): EngineHandle =>
  ({ spec: { engine, model: "m" }, endpoints: { http: `http://${engine}` } }) as unknown as EngineHandle;

interface World {
  readonly capabilities: { readonly match?: boolean; readonly route?: boolean };
  readonly match?: Record<string, number>;
  readonly route?: () => string;
  readonly members?: readonly string[];
  readonly nameable?: readonly string[];
}

function aDoor({ capabilities, match = {}, route, members = ["m/1", "m/2"], nameable = members }: World): {
  door: OwnDoor;
  inFlight: InFlight;
} {
  const inFlight = new InFlight();
  const sut = {
    capabilities,
    match: async () => match,
    route: async () => {
      if (route === undefined) throw new Error("no route");
      return { engine: route() };
    },
  } as unknown as SystemUnderTest;
  const fleet = {
    membersOf: () => members.map(handle),
    nameable: (engine: string) => (nameable.includes(engine) ? handle(engine) : undefined),
  } as unknown as Fleet;
  const door = new OwnDoor({ sut, fleet, inFlight, clock: new ManualClock(), rng: new Rng(1) });
  onTestFinished(() => door.close());
  return { door, inFlight };
}

describe("the runner as the front of a system without one", () => {
  it("sends where the system routes to, and notes what it claims of that engine", async () => {
    const capabilities = { match: true, route: true };
    const { door } = aDoor({ capabilities, match: { "m/1": 9, "m/2": 4 }, route: () => "m/2" });
    expect(await door.way(prompt, [])).toMatchObject({
      engine: "m/2",
      origin: "http://m/2",
      claimedBlocks: 4,
      chosenBy: "sut",
    });
  });

  it("chooses by the longest match where the system only answers matches, and says that it chose itself", async () => {
    const { door } = aDoor({ capabilities: { match: true }, match: { "m/2": 4 } });
    expect(await door.way(prompt, [])).toMatchObject({ engine: "m/2", claimedBlocks: 4, chosenBy: "runner" });
  });

  it("chooses the least busy engine where nothing is claimed", async () => {
    const { door, inFlight } = aDoor({ capabilities: {} });
    inFlight.begin(0).engine = "m/1";
    expect(await door.way(prompt, [])).toMatchObject({ engine: "m/2", chosenBy: "runner" });
  });

  it("goes on by itself while a router is down, and where an engine did not take the request", async () => {
    const { door } = aDoor({ capabilities: { route: true } });
    expect(await door.way(prompt, [])).toMatchObject({ chosenBy: "runner" });
    expect(await door.way(prompt, ["m/1"])).toMatchObject({ engine: "m/2", chosenBy: "runner" });
    await expect(door.way(prompt, ["m/1", "m/2"])).rejects.toThrow("no engine of m is left");
  });

  it("holds a router to its choice of an engine that it was told to forget, not of one that is just leaving", async () => {
    const leaving = aDoor({ capabilities: { route: true }, route: () => "m/3", nameable: ["m/3"] });
    expect(await leaving.door.way(prompt, [])).toMatchObject({ engine: "m/3", chosenBy: "sut" });
    const gone = aDoor({ capabilities: { route: true }, route: () => "m/3" });
    await expect(gone.door.way(prompt, [])).rejects.toBeInstanceOf(UnknownChoice);
  });

  it("tries another engine only when nobody has taken the request", () => {
    expect(notTaken(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }))).toBe(true);
    expect(notTaken(new Error("the connection broke"))).toBe(false);
  });
});
