import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { ProfileTree } from "../../base/profile/profile-tree.js";
import { flameGraph } from "./flame-graph.js";
import { profilesSection } from "./profiles.js";

function aFrame(name: string, self: number, children: ProfileTree[] = []): ProfileTree {
  return { name, file: "/app/<x>.js", line: 3, self, children };
}
const shown = (value: number) => `${value} us`;

interface Drawn {
  readonly svg: { readonly g: { title: string; rect: { "@_x": string; "@_width": string; "@_y": string } }[] };
}
function drawn(tree: ProfileTree): Drawn["svg"]["g"] {
  const svg = flameGraph('a "graph"', tree, shown);
  expect(XMLValidator.validate(svg)).toBe(true);
  return (new XMLParser({ ignoreAttributes: false, isArray: (name) => name === "g" }).parse(svg) as Drawn).svg.g;
}

describe("flame graph", () => {
  it("draws callees below their callers, as wide as their share, and one function once", () => {
    const frames = drawn(
      aFrame("root", 0, [aFrame("b<script>", 25), aFrame("a", 50, [aFrame("deep", 25)]), aFrame("a", 0)]),
    );
    expect(frames.map(({ title, rect }) => [title.split(" ")[0], rect["@_x"], rect["@_width"], rect["@_y"]])).toEqual([
      ["root", "0.0", "1120.0", "0"],
      ["a", "0.0", "840.0", "17"],
      ["b<script>", "840.0", "280.0", "17"],
      ["deep", "0.0", "280.0", "34"],
    ]);
    expect(frames[1]?.title).toBe("a (/app/<x>.js:3): 75 us, 75.0 %; itself 50 us");
  });
  it("stays small: what is too narrow or too deep to be seen is left out", () => {
    let deep = aFrame("leaf", 1);
    for (let i = 0; i < 500; i++) deep = aFrame(`f${i}`, 0, [deep]);
    expect(drawn(deep)).toHaveLength(60);
    const wide = aFrame(
      "root",
      0,
      Array.from({ length: 5000 }, (_, i) => aFrame(`f${i}`, 1)),
    );
    expect(drawn(wide)).toHaveLength(1);
  });
  it("is no picture of nothing", () => {
    expect(flameGraph("empty", aFrame("root", 0), shown)).toBe("");
    expect(profilesSection([])).toBe("");
    const section = profilesSection([{ process: "gateway", kind: "cpu", tree: aFrame("root", 0) }]);
    expect(section).toContain("Nothing was sampled");
  });
});
