/** Reads a BlockRemoved of any dialect into one reused view. */
import { ProtocolError } from "../base/errors.js";
import type { EventCursor } from "./event-cursor.js";
import { KeyTable } from "./key-table.js";
import type { RemovedView } from "./kv-event-sink.js";

/** In the order of vLLM's declaration: an array event holds field i at position i. */
const KEYS = new KeyTable(["type", "block_hashes", "medium", "group_idx"]);
const HASHES = 1;
const MEDIUM = 2;
const GROUP_IDX = 3;
const INITIAL_BLOCKS = 64;

export class RemovedEventReader {
  readonly view: RemovedView = {
    blockCount: 0,
    hashHi: new Uint32Array(INITIAL_BLOCKS),
    hashLo: new Uint32Array(INITIAL_BLOCKS),
    medium: null,
    groupIdx: 0,
  };
  private sawHashes = false;

  constructor(private readonly cursor: EventCursor) {}

  /** The `pairs` of a map event that are left. @throws ProtocolError for this event alone. */
  readMap(pairs: number): void {
    const { cursor } = this;
    const { maxNestingDepth } = cursor.limits;
    this.reset();
    let field = 0;
    for (; pairs > 0; pairs--) {
      field = KEYS.read(cursor, field + 1, maxNestingDepth);
      this.readField(field);
    }
    this.finish();
  }

  /** The `items` of an array event after its tag. @throws ProtocolError for this event alone. */
  readArray(items: number): void {
    this.reset();
    for (let field = 1; field <= items; field++) this.readField(field);
    this.finish();
  }

  private reset(): void {
    this.sawHashes = false;
    this.view.medium = null;
    this.view.groupIdx = 0;
  }

  private readField(field: number): void {
    const { cursor, view } = this;
    switch (field) {
      case HASHES:
        this.sawHashes = true;
        return cursor.readHashList(view);
      case MEDIUM:
        view.medium = cursor.readOptionalString();
        return;
      case GROUP_IDX:
        view.groupIdx = cursor.readOptionalCount() ?? 0;
        return;
      default:
        return cursor.skipValue();
    }
  }

  private finish(): void {
    if (!this.sawHashes) throw new ProtocolError("KVP_E_EVENT_INVALID", "a BlockRemoved lacks block_hashes");
  }
}
