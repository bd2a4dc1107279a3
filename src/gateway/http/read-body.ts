/** Reads a whole request body, within a limit. */
import type { IncomingMessage } from "node:http";
import { KvproofError } from "../../base/errors.js";

/** @throws KvproofError KVP_E_BODY_TOO_LARGE, or KVP_E_BAD_REQUEST when the client went away in the middle. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = (): void => {
      // What still comes is read and thrown away: closing now would reset the connection under our answer.
      request.removeAllListeners("data").resume();
      reject(new KvproofError("KVP_E_BODY_TOO_LARGE", `the body is larger than ${limitBytes} bytes`));
    };
    if (Number(request.headers["content-length"] ?? 0) > limitBytes) return tooLarge();
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limitBytes) return tooLarge();
      chunks.push(chunk);
    });
    request.once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes)));
    request.once("error", reject);
    request.once("close", () => {
      if (!request.complete)
        reject(new KvproofError("KVP_E_BAD_REQUEST", "the request ended before its body was whole"));
    });
  });
}
