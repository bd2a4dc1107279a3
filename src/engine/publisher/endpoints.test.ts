import { describe, expect, it } from "vitest";
import { UsageError } from "../../base/errors.js";
import { binds, dialable, rankEndpoint } from "./endpoints.js";

describe("publisher endpoints", () => {
  it("binds and connects where vLLM does, so that a misconfigured double is as silent as the real one", () => {
    expect(["tcp://*:5557", "tcp://[::]:5557", "ipc:///tmp/kv", "inproc://kv"].map((e) => binds(e, false))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(["tcp://0.0.0.0:5557", "tcp://127.0.0.1:5557", "tcp://router:5557"].map((e) => binds(e, false))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("binds port 0, * and where it is told to, which vLLM would dial", () => {
    expect(binds("tcp://127.0.1.5:0", false)).toBe(true);
    expect(binds("tcp://127.0.1.5:*", false)).toBe(true);
    expect(binds("tcp://127.0.1.5:5557", true)).toBe(true);
    expect(binds("tcp://127.0.1.5:5560", false)).toBe(false);
  });

  it("gives every data-parallel rank its own socket", () => {
    expect(rankEndpoint("tcp://*:5557", 3)).toBe("tcp://*:5560");
    expect(rankEndpoint("tcp://127.0.0.1:*", 3)).toBe("tcp://127.0.0.1:0");
    expect(rankEndpoint("tcp://127.0.0.1:0", 1)).toBe("tcp://127.0.0.1:0");
    expect(rankEndpoint("inproc://kv", 2)).toBe("inproc://kv_dp2");
    expect(rankEndpoint("ipc:///tmp/kv", 0)).toBe("ipc:///tmp/kv");
    expect(() => rankEndpoint("ipc:///tmp/kv", 1)).toThrow(UsageError);
    expect(() => rankEndpoint("tcp://*:65535", 1)).toThrow(/65536/);
    expect(() => rankEndpoint("127.0.0.1:5557", 0)).toThrow(/tcp:\/\//);
  });

  it("tells consumers an address they can dial", () => {
    expect(dialable("tcp://0.0.0.0:5557", "127.0.1.5")).toBe("tcp://127.0.1.5:5557");
    expect(dialable("tcp://0.0.0.0:5557", "0.0.0.0")).toBe("tcp://127.0.0.1:5557");
    expect(dialable("tcp://127.0.1.9:5557", "127.0.1.5")).toBe("tcp://127.0.1.9:5557");
  });
});
