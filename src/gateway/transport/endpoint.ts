/** ZeroMQ endpoints that can be connected to: `tcp://host:port`, `tcp://[::1]:port`, `ipc:///path`, `ipc://@abstract`. */
import { UsageError } from "../../base/errors.js";

export type Endpoint =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "ipc"; readonly path: string };

/** @throws UsageError for anything else, wildcards included: they say where to bind, not where to connect. */
export function parseEndpoint(text: string): Endpoint {
  const tcp = /^tcp:\/\/(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (tcp !== null) {
    const host = (tcp[1] ?? tcp[2]) as string;
    const port = Number(tcp[3]);
    if (host === "*")
      throw new UsageError("KVP_E_USAGE", `"${text}" has no address to connect to: name the host instead of *`);
    if (port < 1 || port > 65_535) throw new UsageError("KVP_E_USAGE", `"${text}" has no port between 1 and 65535`);
    return { kind: "tcp", host, port };
  }
  const ipc = /^ipc:\/\/(.+)$/.exec(text);
  if (ipc !== null) return { kind: "ipc", path: (ipc[1] as string).replace(/^@/, "\0") };
  throw new UsageError("KVP_E_USAGE", `"${text}" is no endpoint: expected tcp://host:port or ipc:///path`);
}
