import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../base/errors.js";
import type { BatchHeader, KvEventSink } from "../../protocol/kv-event-sink.js";
import type { BlockStored, KvEvent, KvEventBatch } from "../../protocol/kv-event.js";
import { DIALECTS, type Dialect } from "../../protocol/dialects.js";
import { KvEventReader } from "../../protocol/kv-event-reader.js";
import { encodeBatch } from "../../protocol/kv-event-writer.js";
import type { LedgerChange } from "../../base/ledger.js";
import { QuirkQueue } from "./quirk-queue.js";
import { distortEvents, distortPayload, markChanges, type QuirkKind } from "./quirks.js";

const stored: BlockStored = {
  type: "stored",
  blockHashes: [7n, 8n],
  parent: 6n,
  tokenIds: [1, 2, 3, 4],
  blockSize: 2,
  loraId: null,
  loraName: null,
  medium: "GPU",
  extraKeys: [null, null],
  groupIdx: 0,
};
const removed: KvEvent = { type: "removed", blockHashes: [5n], medium: "GPU", groupIdx: 0 };
const dialects = Object.keys(DIALECTS) as Dialect[];

/** What a consumer of the wire gets to see. */
function seen(payload: Uint8Array): string[] {
  const events: string[] = [];
  const sink: KvEventSink = {
    stored: ({ blockCount, parentLo }) => void events.push(`stored ${blockCount} after ${parentLo}`),
    removed: ({ blockCount }) => void events.push(`removed ${blockCount}`),
    cleared: () => void events.push("cleared"),
    unknown: () => void events.push("unknown"),
    malformed: () => void events.push("malformed"),
  };
  const header: BatchHeader = new KvEventReader().decodeBatch(payload, sink);
  expect(header.eventCount).toBe(events.length);
  return events;
}

function underQuirk(kind: QuirkKind, dialect: Dialect, events: readonly KvEvent[]): Uint8Array {
  const batch: KvEventBatch = { ts: 1.5, events: distortEvents(kind, events), rank: 0 };
  return distortPayload(kind, encodeBatch(dialect, batch));
}

describe.each(dialects)("quirks in %s", (dialect) => {
  const events = [removed, stored];

  it("say a store twice, or a removal never", () => {
    expect(seen(underQuirk("duplicate-store", dialect, events))).toEqual([
      "removed 1",
      "stored 2 after 6",
      "stored 2 after 6",
    ]);
    expect(seen(underQuirk("missing-remove", dialect, events))).toEqual(["stored 2 after 6"]);
  });

  it("add one event that costs itself alone: the real ones stay readable", () => {
    expect(seen(underQuirk("unknown-event", dialect, events))).toEqual(["unknown", "removed 1", "stored 2 after 6"]);
    expect(seen(underQuirk("garbled-event", dialect, events))).toEqual(["malformed", "removed 1", "stored 2 after 6"]);
  });

  it("name a parent that nobody stored", () => {
    expect(seen(underQuirk("wrong-parent", dialect, events))).toEqual(["removed 1", "stored 2 after 4294967288"]);
  });

  it("make a batch undecodable as a whole", () => {
    expect(() => seen(underQuirk("garbled-batch", dialect, events))).toThrow(ProtocolError);
  });
});

describe("what the ledger says of a batch under a quirk", () => {
  const store = (hash: string): LedgerChange => ({ op: "store", blocks: [["id", hash]] });
  const remove: LedgerChange = { op: "remove", blocks: [["id", "00"]] };
  const changes = [remove, store("01"), store("02")];
  const said = (kind: QuirkKind) =>
    markChanges(kind, changes).map((change) => (change.op === "clear" ? "" : change.wire));

  it("marks what the bytes do not state as it is, so that nobody is judged by what could not be known", () => {
    expect(said("missing-remove")).toEqual(["unsaid", undefined, undefined]);
    expect(said("duplicate-store")).toEqual([undefined, "doubled", "doubled"]);
    expect(said("wrong-parent")).toEqual([undefined, "misplaced", undefined]);
    for (const kind of ["garbled-event", "unknown-event", "clear-on-idle"] as const)
      expect(said(kind)).toEqual([undefined, undefined, undefined]);
  });
});

describe("armed quirks", () => {
  it("are taken back while they wait", () => {
    const queue = new QuirkQueue();
    queue.arm("missing-remove", 3);
    queue.disarm("missing-remove");
    expect(queue.takeFor([removed])).toBeNull();
    expect(queue.report()).toEqual({ "missing-remove": { waiting: 0, applied: 0 } });
  });

  it("wait for a batch they can show in, one quirk per batch", () => {
    const queue = new QuirkQueue();
    queue.arm("missing-remove", 1);
    queue.arm("duplicate-store", 2);
    expect(queue.takeFor([{ type: "cleared" }])).toBeNull();
    expect(queue.takeFor([removed, stored])).toBe("duplicate-store");
    expect(queue.takeFor([removed])).toBe("missing-remove");
    expect(queue.takeFor([removed])).toBeNull();
    expect(queue.report()).toEqual({
      "missing-remove": { waiting: 0, applied: 1 },
      "duplicate-store": { waiting: 1, applied: 1 },
    });
  });
});
