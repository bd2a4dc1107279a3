import { describe, expect, it } from "vitest";
import { adapterChanges, adaptersOf, parseModelList } from "./model-list.js";

describe("the model list of an engine", () => {
  it("tells base models from adapters", () => {
    const models = parseModelList({
      data: [{ id: "m", root: "./m", parent: null }, { id: "sql", root: "./sql", parent: "m" }, null, { id: 3 }],
    });
    expect(models.map(({ id, parent }) => [id, parent])).toEqual([
      ["m", null],
      ["sql", "m"],
    ]);
    expect(adaptersOf(models)).toEqual(new Map([["sql", "./sql"]]));
    expect(() => parseModelList({ data: "x" })).toThrow("no list");
  });

  it("shows which names mean other weights than before: their cached prefixes are worthless", () => {
    const before = new Map([
      ["sql", "./v1"],
      ["chat", "./c"],
      ["same", "./s"],
    ]);
    const after = new Map([
      ["sql", "./v2"],
      ["same", "./s"],
      ["new", "./n"],
    ]);
    expect(adapterChanges(before, after)).toEqual({ replaced: ["sql"], unloaded: ["chat"], loaded: ["new"] });
  });
});
