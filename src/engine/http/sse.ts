/** Server-sent events as vLLM frames them. */
import type { ServerResponse } from "node:http";

export function beginStream(res: ServerResponse): void {
  res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  res.flushHeaders();
}

export function sendEvent(res: ServerResponse, data: unknown): void {
  res.write(`data: ${JSON.stringify(data)}\n\n`);
}

export function endStream(res: ServerResponse): void {
  res.end("data: [DONE]\n\n");
}
