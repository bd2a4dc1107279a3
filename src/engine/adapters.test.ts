import { describe, expect, it } from "vitest";
import { AdapterRefused, Adapters } from "./adapters.js";

describe("adapters", () => {
  it("gives a name that is reloaded with other weights a new id, as the recorded vLLM did", () => {
    const adapters = new Adapters();
    adapters.load("loraA", "./loraA", false);
    adapters.load("loraC", "./loraA", false);
    adapters.unload("loraC");
    expect(adapters.load("loraC", "./loraB", false)).toEqual({ name: "loraC", path: "./loraB", id: 3 });
    expect(adapters.load("loraC", "./loraA", true)).toEqual({ name: "loraC", path: "./loraA", id: 3 });
  });

  it("refuses what vLLM refuses", () => {
    const adapters = new Adapters();
    adapters.load("x", "./x", false);
    expect(() => adapters.load("x", "./x", false)).toThrow(AdapterRefused);
    expect(() => adapters.load("y", "./missing", false)).toThrow(
      "Loading lora y failed: No adapter found for ./missing",
    );
    expect(() => adapters.unload("z")).toThrow("The lora adapter 'z' cannot be found.");
    expect(adapters.all().map(({ name }) => name)).toEqual(["x"]);
  });
});
