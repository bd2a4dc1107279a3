/**
 * GET /ledger?from=<byte offset>: the ledger file from there to its present end, whole records. With `follow=1` the answer goes
 * on with every record that is appended, for whoever keeps a copy elsewhere, until the reader or the engine ends.
 */
import { createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setMaxListeners } from "node:events";
import { KvproofError } from "../../../base/errors.js";
import type { LedgerFile } from "../../ledger-writer.js";
import type { Call } from "../http-server.js";
import { labError } from "./lab-fields.js";

/** The header `x-ledger-size` bears the offset to ask for next. Throws KVP_E_NOT_FOUND without a ledger file. */
export async function sendLedger(ledger: LedgerFile | null, { res, url }: Call): Promise<void> {
  if (ledger === null) throw new KvproofError("KVP_E_NOT_FOUND", "this engine was started without --ledger-file");
  const from = url.searchParams.get("from") ?? "0";
  const { size } = ledger;
  if (!/^\d{1,15}$/.test(from) || Number(from) > size)
    throw labError(`from must be a byte offset up to ${size}, got "${from}"`);
  if (url.searchParams.get("follow") === "1") return follow(ledger, res, Number(from));
  const length = size - Number(from);
  res.writeHead(200, {
    "content-type": "application/x-ndjson",
    "content-length": length,
    "x-ledger-size": size,
  });
  if (length === 0) res.end();
  else await pipeline(createReadStream(ledger.path, { start: Number(from), end: size - 1 }), res);
}

async function follow(ledger: LedgerFile, res: ServerResponse, from: number): Promise<void> {
  const gone = new AbortController();
  setMaxListeners(0, gone.signal);
  res.once("close", () => gone.abort());
  res.writeHead(200, { "content-type": "application/x-ndjson" });
  res.flushHeaders();
  for (let sent = from; !gone.signal.aborted; ) {
    await ledger.longerThan(sent, gone.signal);
    const { size } = ledger;
    if (gone.signal.aborted || size <= sent) break;
    await pipeline(createReadStream(ledger.path, { start: sent, end: size - 1 }), res, { end: false });
    sent = size;
  }
  res.end();
}
