import { describe, expect, it } from "vitest";
import { parseKvEventsConfig, publishes } from "./publisher-config.js";

describe("--kv-events-config", () => {
  it("has vLLM's defaults", () => {
    expect(parseKvEventsConfig('{"enable_kv_cache_events":true}')).toMatchObject({
      publisher: "zmq",
      endpoint: "tcp://*:5557",
      replay_endpoint: null,
      buffer_steps: 10_000,
      hwm: 100_000,
      max_queue_size: 100_000,
      topic: "",
      replay_poll_ms: 100,
    });
  });

  it("publishes only when events are enabled and the publisher is zmq", () => {
    expect(publishes(parseKvEventsConfig("{}"))).toBe(false);
    expect(publishes(parseKvEventsConfig('{"publisher":"zmq"}'))).toBe(false);
    expect(publishes(parseKvEventsConfig('{"enable_kv_cache_events":true,"publisher":"null"}'))).toBe(false);
    expect(publishes(parseKvEventsConfig('{"enable_kv_cache_events":true}'))).toBe(true);
  });

  it.each([
    ["[]", /JSON object/],
    ["{", /not valid JSON/],
    ['{"endpont":"tcp://*:1"}', /unknown key "endpont"/],
    ['{"buffer_steps":0}', /"buffer_steps" must be an integer >= 1/],
    ['{"publisher":"kafka"}', /"zmq" or "null"/],
    ['{"bind":"yes"}', /true or false/],
  ])("refuses %s with the reason", (json, reason) => {
    expect(() => parseKvEventsConfig(json)).toThrow(reason);
  });
});
