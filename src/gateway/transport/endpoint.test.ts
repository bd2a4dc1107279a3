import { describe, expect, it } from "vitest";
import { UsageError } from "../../base/errors.js";
import { parseEndpoint } from "./endpoint.js";

describe("endpoints", () => {
  it("are read as libzmq reads them", () => {
    expect(parseEndpoint("tcp://127.0.1.5:5557")).toEqual({ kind: "tcp", host: "127.0.1.5", port: 5557 });
    expect(parseEndpoint("tcp://[::1]:5557")).toEqual({ kind: "tcp", host: "::1", port: 5557 });
    expect(parseEndpoint("ipc:///tmp/kv.sock")).toEqual({ kind: "ipc", path: "/tmp/kv.sock" });
    expect(parseEndpoint("ipc://@kv")).toEqual({ kind: "ipc", path: "\0kv" });
  });

  it.each(["tcp://*:5557", "tcp://host", "tcp://host:0", "tcp://host:70000", "udp://host:1", "host:1", ""])(
    "%s is refused with a reason",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(UsageError);
    },
  );
});
