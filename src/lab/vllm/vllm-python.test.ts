import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { UnavailableError } from "../../base/errors.js";
import { vllmPython } from "./vllm-python.js";

const folder = mkdtempSync(join(tmpdir(), "kvproof-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program in the place of Python, that ends so. */
function program(name: string, script: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}
function refusal(python: string | undefined): UnavailableError {
  try {
    vllmPython({ KVPROOF_VLLM_PYTHON: python });
  } catch (thrown) {
    return thrown as UnavailableError;
  }
  throw new Error("it was accepted");
}

describe("the Python of real engines", () => {
  it.each([
    ["is not named", undefined, "KVPROOF_VLLM_PYTHON is not set"],
    ["does not exist", "/no/such/python", "/no/such/python is no program that can be started"],
    ["has no vLLM", program("bare", "exit 3"), "it has no package vllm"],
    ["is broken", program("broken", "echo 'no module named encodings' >&2; exit 1"), "no module named encodings"],
  ])("is refused with the reason when it %s, as unavailable", (_, python, reason) => {
    const error = refusal(python);
    expect(error.message).toContain(reason);
    expect(error).toMatchObject({ code: "KVP_E_VLLM_UNAVAILABLE", exitCode: 69 });
    expect(error.remedy).toContain("KVPROOF_VLLM_PYTHON");
  });

  it("is taken when it has vLLM", () => {
    const python = program("good", "exit 0");
    expect(vllmPython({ KVPROOF_VLLM_PYTHON: python })).toBe(python);
  });
});
