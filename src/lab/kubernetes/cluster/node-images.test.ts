import { describe, expect, it } from "vitest";
import { fullImageName, imageSight } from "./node-images.js";

describe("names of images", () => {
  it.each([
    ["kvproof", "docker.io/library/kvproof:latest"],
    ["team/kvproof:1", "docker.io/team/kvproof:1"],
    ["localhost/kvproof:dev", "localhost/kvproof:dev"],
    ["localhost:5000/kvproof", "localhost:5000/kvproof:latest"],
    ["ghcr.io/a/b@sha256:ab", "ghcr.io/a/b@sha256:ab"],
  ])("%s is what nodes call %s", (given, full) => {
    expect(fullImageName(given)).toBe(full);
  });
});

describe("what nodes tell of their images", () => {
  const node = (name: string, images: readonly string[]) => ({
    metadata: { name },
    status: { images: images.map((one) => ({ names: [one] })) },
  });

  it("of no more than the fifty largest proves nothing about a small one", () => {
    const full = Array.from({ length: 50 }, (_, i) => `big:${i}`);
    const sight = imageSight([node("full", full), node("few", ["big:1"]), node("mute", [])], "localhost/a:1");
    expect(sight).toEqual({ has: [], lacks: ["few"], silent: ["full", "mute"] });
  });

  it("names an image by tag and by digest", () => {
    const there = node("n", ["docker.io/library/a:1", "docker.io/library/a@sha256:12"]);
    for (const name of ["a:1", "a@sha256:12", "docker.io/library/a:1"])
      expect(imageSight([there], name).has).toEqual(["n"]);
  });
});
