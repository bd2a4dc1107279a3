/** ZMTP frames: flags · size (1 byte, or 8 when LONG) · body. */
export const FLAG_MORE = 1;
export const FLAG_LONG = 2;
export const FLAG_COMMAND = 4;
export const MAX_SHORT_BYTES = 255;
const TWO_32 = 2 ** 32;

/** One command frame. */
export function encodeCommandFrame(body: Uint8Array): Uint8Array {
  return joined([body], FLAG_COMMAND);
}

/** One message of at least one frame, as one buffer. */
export function encodeMessage(frames: readonly Uint8Array[]): Uint8Array {
  return joined(frames, 0);
}

function joined(frames: readonly Uint8Array[], kind: number): Uint8Array {
  let total = 0;
  for (const { length } of frames) total += headBytes(length) + length;
  const bytes = new Uint8Array(total);
  let at = 0;
  frames.forEach((frame, index) => {
    const flags = index < frames.length - 1 ? kind | FLAG_MORE : kind;
    at = writeHead(bytes, at, flags, frame.length);
    bytes.set(frame, at);
    at += frame.length;
  });
  return bytes;
}

function headBytes(length: number): number {
  return length > MAX_SHORT_BYTES ? 9 : 2;
}

function writeHead(bytes: Uint8Array, at: number, flags: number, length: number): number {
  if (length <= MAX_SHORT_BYTES) {
    bytes[at] = flags;
    bytes[at + 1] = length;
    return at + 2;
  }
  bytes[at] = flags | FLAG_LONG;
  const view = new DataView(bytes.buffer, at + 1, 8);
  view.setUint32(0, Math.floor(length / TWO_32));
  view.setUint32(4, length % TWO_32);
  return at + 9;
}
