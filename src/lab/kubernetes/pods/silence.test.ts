import { describe, expect, it } from "vitest";
import { NS_PER_MS } from "../../../base/clock.js";
import { Silence } from "./silence.js";

const at = (ms: number): number => ms * NS_PER_MS;

function listening(): { readonly silence: Silence; readonly told: string[] } {
  const told: string[] = [];
  const silence = new Silence({
    onSilent: (sinceNs) => told.push(`silent since ${sinceNs / NS_PER_MS}`),
    onLong: (sinceNs) => told.push(`long silent since ${sinceNs / NS_PER_MS}`),
    onHeard: (afterMs) => told.push(`heard after ${afterMs}`),
  });
  silence.begin(at(0));
  return { silence, told };
}

describe("a process that falls silent", () => {
  it("is told once, from when it last answered, and when it answers again", () => {
    const { silence, told } = listening();
    silence.heard(at(1000), at(1010));
    silence.missed(at(2500));
    silence.missed(at(3500));
    silence.missed(at(6000));
    silence.missed(at(8000));
    silence.heard(at(9000), at(9005));
    expect(told).toEqual(["silent since 1000", "long silent since 1000", "heard after 8005"]);
  });

  it("may be late now and then without a word", () => {
    const { silence, told } = listening();
    silence.missed(at(1900));
    silence.heard(at(1950), at(2000));
    silence.missed(at(3900));
    expect(told).toEqual([]);
  });

  it("is not spoken of while the lab itself keeps it from answering", () => {
    const { silence, told } = listening();
    silence.end();
    silence.missed(at(60_000));
    silence.begin(at(61_000));
    silence.missed(at(62_000));
    expect(told).toEqual([]);
  });
});
