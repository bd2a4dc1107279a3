import { describe, expect, it } from "vitest";
import { InternalError, KvproofError, UnavailableError, UsageError } from "../base/errors.js";
import { endingOf, usageLine } from "./ending.js";

describe("how a command ends", () => {
  it.each([
    [new UsageError("KVP_E_SCENARIO_INVALID", "x.yaml:1:2 a: unknown key"), 64],
    [new UnavailableError("KVP_E_ADDRESS_IN_USE", "127.0.0.1:80 is in use"), 69],
    [new KvproofError("KVP_E_INTERRUPTED", "gave up waiting"), 130],
    [new KvproofError("KVP_E_LIMIT", "the queue is full"), 70],
  ])("an error that is known ends with its code and one line: %s", (error, exitCode) => {
    const ending = endingOf(error);
    expect(ending.exitCode).toBe(exitCode);
    expect(ending.text).toBe(`${error.code}: ${error.message}. ${error.remedy}\n`);
  });

  it.each([new TypeError("x is not a function"), new InternalError("two gateways")])(
    "a defect of ours ends 70, says so, and shows where: %s",
    (error) => {
      const { exitCode, text } = endingOf(error);
      expect(exitCode).toBe(70);
      expect(text).toMatch(new RegExp(`^KVP_E_INTERNAL: ${error.message}\\. Report it with the stack\\.\\n`));
      expect(text).toContain("ending.test.ts");
    },
  );

  it("even what is no error at all ends 70", () => {
    expect(endingOf("just words")).toMatchObject({ exitCode: 70 });
  });

  it("a slip on the command line is one line with code, suggestion and remedy", () => {
    expect(usageLine("error: unknown option '--smaple'\n(Did you mean --sample?)\n")).toBe(
      "KVP_E_USAGE: unknown option '--smaple' (did you mean --sample?). See `kvproof help <command>`.\n",
    );
  });
});
