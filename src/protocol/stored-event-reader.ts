/** Reads a BlockStored of any dialect into one reused view. */
import { ProtocolError } from "../base/errors.js";
import { type EventCursor, grown } from "./event-cursor.js";
import { EVENT_FIELDS } from "./event-fields.js";
import { ExtraKeysReader } from "./extra-keys.js";
import { KeyTable } from "./key-table.js";
import type { StoredView } from "./kv-event-sink.js";

/** In the order of vLLM's declaration: an array event holds field i at position i. */
const KEYS = new KeyTable(["type", ...Object.keys(EVENT_FIELDS)]);
const HASHES = 1;
const PARENT = 2;
const TOKENS = 3;
const BLOCK_SIZE = 4;
const LORA_ID = 5;
const MEDIUM = 6;
const LORA_NAME = 7;
const EXTRA_KEYS = 8;
const GROUP_IDX = 9;
const SPEC_KIND = 10;
const SLIDING_WINDOW = 11;
const CACHE_SALT = 15;
const ARRAY_FIELDS = 12;
const REQUIRED = (1 << HASHES) | (1 << PARENT) | (1 << TOKENS) | (1 << BLOCK_SIZE);
/** Extra keys mean nothing before these are known. */
const EXTRA_KEYS_NEED = (1 << PARENT) | (1 << LORA_NAME);
const SALT_KEYS = new KeyTable(["cache_salt"]);
const INITIAL_BLOCKS = 64;
const INITIAL_TOKENS = 1024;

export class StoredEventReader {
  readonly view: StoredView = {
    blockCount: 0,
    hashHi: new Uint32Array(INITIAL_BLOCKS),
    hashLo: new Uint32Array(INITIAL_BLOCKS),
    hasParent: false,
    parentHi: 0,
    parentLo: 0,
    tokenCount: 0,
    tokens: new Uint32Array(INITIAL_TOKENS),
    blockSize: 0,
    loraId: null,
    loraName: null,
    medium: null,
    groupIdx: 0,
    specKind: null,
    slidingWindow: null,
    salt: null,
    tainted: false,
    blockTaint: new Uint32Array(INITIAL_BLOCKS),
  };
  private readonly extraKeys: ExtraKeysReader;
  /** Bit i = field i was there. */
  private seen = 0;
  private adapterStart = 0;
  private adapterLength = -1;
  /** Where extra keys wait that came before the fields they need; -1 = none. */
  private extraKeysAt = -1;

  constructor(private readonly cursor: EventCursor) {
    this.extraKeys = new ExtraKeysReader(cursor);
  }

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
    const { cursor } = this;
    this.reset();
    for (let field = 1; field <= items; field++) {
      if (field === LORA_NAME && cursor.atMap()) this.readSaltMap();
      else this.readField(field < ARRAY_FIELDS ? field : -1);
    }
    this.finish();
  }

  private reset(): void {
    const { view } = this;
    this.seen = 0;
    this.adapterLength = -1;
    this.extraKeysAt = -1;
    view.hasParent = false;
    view.parentHi = view.parentLo = 0;
    view.loraId = view.loraName = view.medium = view.specKind = view.slidingWindow = view.salt = null;
    view.groupIdx = 0;
    view.tainted = false;
  }

  private readField(field: number): void {
    const { cursor, view } = this;
    this.seen |= 1 << field;
    switch (field) {
      case HASHES:
        return cursor.readHashList(view);
      case PARENT:
        return this.readParent();
      case TOKENS:
        return this.readTokens();
      case BLOCK_SIZE:
        view.blockSize = cursor.readCount();
        return;
      case LORA_ID:
        view.loraId = cursor.tryNil() ? null : cursor.readInt();
        return;
      case MEDIUM:
        view.medium = cursor.readOptionalString();
        return;
      case LORA_NAME:
        return this.readAdapter();
      case EXTRA_KEYS:
        return this.readExtraKeys();
      case GROUP_IDX:
        view.groupIdx = cursor.readOptionalCount() ?? 0;
        return;
      case SPEC_KIND:
        view.specKind = cursor.readOptionalString();
        return;
      case SLIDING_WINDOW:
        view.slidingWindow = cursor.readOptionalCount();
        return;
      case CACHE_SALT:
        return this.readSalt();
      default:
        return cursor.skipValue();
    }
  }

  private readParent(): void {
    const { cursor, view } = this;
    view.hasParent = !cursor.tryNil();
    if (!view.hasParent) return;
    cursor.readHash();
    view.parentHi = cursor.high;
    view.parentLo = cursor.low;
  }

  private readTokens(): void {
    const { cursor, view } = this;
    const count = cursor.readArray();
    cursor.checkLimit("maxTokensPerEvent", count);
    if (count > 0 && cursor.atArray()) {
      throw new ProtocolError("KVP_E_EVENT_INVALID", "token_ids are pairs (EAGLE bigrams), which name no plain prefix");
    }
    if (count > view.tokens.length) view.tokens = grown(view.tokens, count);
    view.tokenCount = count;
    cursor.readWords(view.tokens, count);
  }

  private readAdapter(): void {
    const { cursor, view } = this;
    view.loraName = cursor.readOptionalString();
    this.adapterStart = cursor.textStart;
    this.adapterLength = view.loraName === null ? -1 : cursor.textLength;
  }

  private readExtraKeys(): void {
    if ((this.seen & EXTRA_KEYS_NEED) === EXTRA_KEYS_NEED) {
      this.extraKeys.read(this.view, this.adapterStart, this.adapterLength);
    } else {
      this.extraKeysAt = this.cursor.pos;
      this.cursor.skipValue();
    }
  }

  private readSalt(): void {
    this.view.salt = this.cursor.readOptionalString();
  }

  /** The 8th element of SGLang's salted array events (sgl-project/sglang#30827). */
  private readSaltMap(): void {
    const { cursor } = this;
    for (let pairs = cursor.readMap(); pairs > 0; pairs--) {
      if (SALT_KEYS.read(cursor, 0, cursor.limits.maxNestingDepth) === 0) this.readSalt();
      else cursor.skipValue();
    }
  }

  private finish(): void {
    const { cursor, view } = this;
    if ((this.seen & REQUIRED) !== REQUIRED) throw missing(this.seen);
    if (this.extraKeysAt >= 0) {
      const { pos } = cursor;
      cursor.pos = this.extraKeysAt;
      this.extraKeys.read(view, this.adapterStart, this.adapterLength);
      cursor.pos = pos;
    }
    if (view.tainted && view.blockCount > view.blockTaint.length) {
      const kept = view.blockTaint;
      view.blockTaint = grown(kept, view.blockCount);
      view.blockTaint.set(kept);
    }
  }
}

function missing(seen: number): ProtocolError {
  const field = [HASHES, PARENT, TOKENS, BLOCK_SIZE].find((candidate) => (seen & (1 << candidate)) === 0) ?? HASHES;
  return new ProtocolError("KVP_E_EVENT_INVALID", `a BlockStored lacks ${KEYS.names[field]}`);
}
