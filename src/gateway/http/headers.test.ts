import { describe, expect, it } from "vitest";
import { downstreamHeaders, upstreamHeaders } from "./headers.js";

describe("headers", () => {
  it("pass to the engine, save those of the client's own connection", () => {
    const headers = {
      host: "gw",
      connection: "keep-alive, x-mine",
      "x-mine": "1",
      "content-length": "5",
      authorization: "Bearer k",
      te: "gzip",
    };
    expect(upstreamHeaders(headers)).toEqual({ authorization: "Bearer k" });
  });
  it("pass to the client, save those of the engine's own connection", () => {
    const headers = {
      "content-type": "text/event-stream",
      "transfer-encoding": "chunked",
      "set-cookie": ["a", "b"],
      "content-length": "9",
    };
    expect(downstreamHeaders(headers)).toEqual({
      "content-type": "text/event-stream",
      "set-cookie": ["a", "b"],
      "content-length": "9",
    });
  });
});
