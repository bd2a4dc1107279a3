import { describe, expect, it } from "vitest";
import { paintFor } from "./paint.js";

const TERMINAL = { isTTY: true };
const PIPE = {};

describe("colours", () => {
  it.each([
    ["a terminal gets them", TERMINAL, {}, true],
    ["a pipe or file does not", PIPE, {}, false],
    ["not even in CI, where logs are files", PIPE, { CI: "true" }, false],
    ["NO_COLOR forbids them", TERMINAL, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["an empty NO_COLOR forbids nothing", TERMINAL, { NO_COLOR: "" }, true],
    ["FORCE_COLOR demands them", PIPE, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0 refuses them", TERMINAL, { FORCE_COLOR: "0" }, false],
    ["a dumb terminal cannot show them", TERMINAL, { TERM: "dumb" }, false],
  ])("%s", (_, stream, env, coloured) => {
    expect(paintFor(stream, env).red("x")).toBe(coloured ? "\u001b[31mx\u001b[39m" : "x");
  });
});
