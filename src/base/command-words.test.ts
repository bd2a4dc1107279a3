import { describe, expect, it } from "vitest";
import { commandWords } from "./command-words.js";

describe("a command line in one argument", () => {
  it.each([
    ["node driver.mjs --x 1", ["node", "driver.mjs", "--x", "1"]],
    ["  python  'my driver.py'  ", ["python", "my driver.py"]],
    [`sh -c "exec node \\"a b\\" 'c'"`, ["sh", "-c", `exec node "a b" 'c'`]],
    ["a\\ b --c='d e'f", ["a b", "--c=d ef"]],
    ["node ''", ["node", ""]],
    ["", []],
  ])("%s becomes the words that a shell would give", (line, words) => {
    expect(commandWords(line)).toEqual(words);
  });

  it.each(["node 'x", 'node "x', "node x'y"])("refuses a quote that is not closed: %s", (line) => {
    expect(() => commandWords(line)).toThrow(/a quote is not closed in: /);
  });
});
