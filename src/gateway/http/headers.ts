/** Which headers pass through the proxy, either way. */
import type { IncomingHttpHeaders } from "node:http";

/** RFC 9110 §7.6.1: meant for one connection, not for the message. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Set anew for the engine's connection. `expect` was answered by us. */
const NOT_UPSTREAM = new Set(["host", "content-length", "expect"]);

type Headers = Record<string, string | string[]>;

export function upstreamHeaders(headers: IncomingHttpHeaders): Headers {
  return pass(headers, (name) => !NOT_UPSTREAM.has(name));
}

export function downstreamHeaders(headers: IncomingHttpHeaders): Headers {
  return pass(headers, () => true);
}

function pass(headers: IncomingHttpHeaders, keep: (name: string) => boolean): Headers {
  const named = new Set((headers.connection ?? "").toLowerCase().split(/\s*,\s*/));
  const passed: Headers = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name) && keep(name)) passed[name] = value;
  }
  return passed;
}
