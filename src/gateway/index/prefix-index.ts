/** Who holds which prefix: exact longest match per engine and rank, fed by KV-event batches. */
import { InternalError } from "../../base/errors.js";
import type { PrefixMatch, PrefixMatcher, PrefixQuery, StreamSink } from "../ports.js";
import type { HolderId, HolderSpec, PrefixIndexOptions, PrefixIndexStats } from "./index-types.js";
import type { MatchBuffer } from "./match-buffer.js";

const absent = (): never => {
  throw new InternalError("prefix index: signatures only, body follows");
};

export class PrefixIndex implements PrefixMatcher {
  constructor(readonly options: PrefixIndexOptions) {}
  /** A holder of the same (engine, rank) must be removed first. */
  addHolder(_spec: HolderSpec): HolderId {
    return absent();
  }
  /** Forgets the holder and all it holds; costs its own blocks. Later batches through its sink apply nothing. */
  removeHolder(_id: HolderId): void {
    absent();
  }
  sink(_id: HolderId): StreamSink {
    return absent();
  }
  match(_query: PrefixQuery): PrefixMatch[] {
    return absent();
  }
  /** As `match`, without allocation: fills `out` and returns the number of entries. */
  matchInto(_query: PrefixQuery, _out: MatchBuffer): number {
    return absent();
  }
  /** Resident blocks of an engine, all ranks and groups. */
  blocksOf(_engine: string): number {
    return absent();
  }
  /** Forgets what the engine holds for one adapter (it was unloaded or reloaded); returns the blocks forgotten. */
  dropAdapter(_engine: string, _loraName: string): number {
    return absent();
  }
  stats(): PrefixIndexStats {
    return absent();
  }
}
