import { describe, expect, it } from "vitest";
import { decodeBatchObjects } from "./kv-event-objects.js";
import { encodeBatch } from "./kv-event-writer.js";
import { aRemoved, aStored, codeOf, fromHex, H1 } from "./test-events.js";

describe("decodeBatchObjects", () => {
  it("keeps what the hot reader drops: whole digests, extra keys, locality, ownership, session", () => {
    const digest = fromHex("00112233445566778899aabbccddeeff");
    const event = aStored({
      blockHashes: [digest],
      extraKeys: [["a", ["img", 2], fromHex("00ff")]],
      locality: "LOCAL",
      ownership: "tier-1",
      sessionId: "s",
    });
    const removed = aRemoved({ locality: "REMOTE", ownership: "tier-1" });
    const batch = { ts: 1.25, events: [event, removed], rank: 2 };
    expect(decodeBatchObjects(encodeBatch("vllm-0.30", batch))).toEqual(batch);
  });

  it("leaves absent fields absent and tells a 2-element batch from rank 0", () => {
    const [removed] = decodeBatchObjects(encodeBatch("vllm-0.9.0", { ts: 1, events: [aRemoved()] })).events;
    expect(removed).toEqual({ type: "removed", blockHashes: [0xf1f2f3f4f5f6f7f8n], medium: null });
    expect(decodeBatchObjects(fromHex("920190"))).toEqual({ ts: 1, events: [] });
    expect(decodeBatchObjects(fromHex("930190c0"))).toEqual({ ts: 1, events: [], rank: null });
  });

  it("leaves out events of unknown types", () => {
    expect(decodeBatchObjects(fromHex("9301 92 91a14d 81a474797065a14d 00")).events).toEqual([]);
  });

  it.each([
    ["trailing bytes", "93019000 00", "KVP_E_BATCH_INVALID"],
    ["a scalar", "01", "KVP_E_BATCH_INVALID"],
    ["one element", "9101", "KVP_E_BATCH_INVALID"],
    ["a time that is nil", "92c090", "KVP_E_BATCH_INVALID"],
    ["events that are no list", "920101", "KVP_E_BATCH_INVALID"],
    ["a rank that is text", "930190a130", "KVP_E_EVENT_INVALID"],
    ["an event that is a scalar", "92019101", "KVP_E_EVENT_INVALID"],
    ["an event without a type", "92019190", "KVP_E_EVENT_INVALID"],
    ["a removal without hashes", "92019191ac426c6f636b52656d6f766564", "KVP_E_EVENT_INVALID"],
    ["a hash that is text", "92019192ac426c6f636b52656d6f76656491a130", "KVP_E_EVENT_INVALID"],
  ])("refuses %s, where the hot reader would pass over an event", (_, hex, code) => {
    expect(codeOf(() => decodeBatchObjects(fromHex(hex)))).toBe(code);
  });

  it("reads signed hashes as signed, so that they are written back as they were", () => {
    const batch = { ts: 1, events: [aRemoved({ blockHashes: [-1n, H1] })], rank: 0 };
    expect(decodeBatchObjects(encodeBatch("sglang-map", batch)).events[0]).toMatchObject({ blockHashes: [-1n, H1] });
  });
});
