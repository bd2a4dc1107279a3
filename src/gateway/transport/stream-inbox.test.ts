import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ItemKind, StreamInbox } from "./stream-inbox.js";

describe("stream inbox", () => {
  it("gives everything back in order of arrival, however much waits", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90 })), (bursts) => {
        const inbox = new StreamInbox();
        let put = 0;
        let taken = 0;
        const check = (): void => {
          expect(inbox.take()).toBe(true);
          const isNews = taken % 3 === 0;
          expect([inbox.kind, inbox.owner]).toEqual([isNews ? ItemKind.disconnected : ItemKind.live, taken % 7]);
          expect(isNews ? inbox.text : inbox.seq).toEqual(isNews ? `news ${taken}` : taken);
          expect(inbox.payload.length).toBe(isNews ? 0 : taken % 5);
          taken++;
        };
        for (const burst of bursts) {
          for (let i = 0; i < burst; i++, put++) {
            if (put % 3 === 0) inbox.putNews(ItemKind.disconnected, put % 7, `news ${put}`);
            else inbox.putBatch(ItemKind.live, put % 7, put, new Uint8Array(put % 5));
          }
          for (let i = 0; i < burst / 2; i++) check();
        }
        while (inbox.count > 0) check();
        expect(taken).toBe(put);
        expect(inbox.take()).toBe(false);
        expect(inbox.bytes).toBe(0);
      }),
    );
  });
});
