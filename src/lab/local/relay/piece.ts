/** What a ZMTP byte stream consists of for an editor: bytes that belong together, and what they say. */
import { parseEventMessage, parseReplayReply } from "../../../protocol/frames.js";

export type Piece =
  /** Bytes that are passed on whatever they are: a message whose middle was met, or one that an editor has damaged. */
  | { readonly kind: "raw" | "greeting" | "command" | "other"; readonly bytes: Uint8Array }
  /** An event batch, live or replayed. `frames`: each with its head. */
  | { readonly kind: "batch"; readonly bytes: Uint8Array; readonly seq: number; readonly frames: readonly Frame[] }
  /** END of a replay. */
  | { readonly kind: "end"; readonly bytes: Uint8Array };

export type Batch = Extract<Piece, { kind: "batch" }>;

export interface Frame {
  readonly bytes: Uint8Array;
  readonly headBytes: number;
}

export function bodyOf({ bytes, headBytes }: Frame): Uint8Array {
  return bytes.subarray(headBytes);
}

/** What a whole message from an engine is, on its event port or its replay port. */
export function pieceOf(port: "events" | "replay", frames: readonly Frame[], bytes: Uint8Array): Piece {
  const bodies = frames.map(bodyOf);
  try {
    if (port === "events") return { kind: "batch", bytes, frames, seq: parseEventMessage(bodies).seq };
    const reply = parseReplayReply(bodies);
    return reply.kind === "end" ? { kind: "end", bytes } : { kind: "batch", bytes, frames, seq: reply.seq };
  } catch {
    return { kind: "other", bytes };
  }
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}
