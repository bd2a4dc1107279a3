/** Which endpoint a data-parallel rank uses, and whether its PUB socket binds or connects (ZmqEventPublisher, vLLM). */
import { UsageError } from "../../base/errors.js";

const tcpEndpoint = /^tcp:\/\/(.+):(\d+|\*)$/;

/**
 * Rank r publishes on port + r and replays on replay port + r; port 0 and `*` are left to the system for every rank
 * (vLLM #55844); inproc gets the suffix `_dp{r}`. Throws UsageError for an ipc endpoint of a rank above 0, as vLLM does,
 * and for what is no endpoint at all.
 */
export function rankEndpoint(endpoint: string, rank: number): string {
  if (endpoint.startsWith("inproc://")) return rank === 0 ? endpoint : `${endpoint}_dp${rank}`;
  if (endpoint.startsWith("ipc://")) {
    if (rank === 0) return endpoint;
    throw new UsageError("KVP_E_USAGE", `ipc endpoint ${endpoint} cannot serve data-parallel rank ${rank}; use tcp`);
  }
  const match = tcpEndpoint.exec(endpoint);
  if (match === null) throw new UsageError("KVP_E_USAGE", `"${endpoint}" is no endpoint; write tcp://<address>:<port>`);
  const [, host, port] = match as unknown as [string, string, string];
  if (port === "*" || Number(port) === 0) return `tcp://${host}:0`;
  const shifted = Number(port) + rank;
  if (shifted > 65_535)
    throw new UsageError("KVP_E_USAGE", `port ${shifted} of ${endpoint} for rank ${rank} does not exist`);
  return `tcp://${host}:${shifted}`;
}

/**
 * vLLM binds iff the endpoint names a wildcard or is local to the machine; `tcp://0.0.0.0:5557` and `tcp://127.0.0.1:5557`
 * CONNECT, without an error, and nothing listens. Ours on top: port 0 binds, and `force` binds.
 */
export function binds(endpoint: string, force: boolean): boolean {
  return force || /\*|::|^ipc:\/\/|^inproc:\/\/|:0$/.test(endpoint);
}

export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** What a consumer on this machine dials for a bound endpoint: wildcards become `host`. */
export function dialable(bound: string, host: string): string {
  const reachable = isWildcard(host) ? "127.0.0.1" : host;
  return bound.replace(/^tcp:\/\/(0\.0\.0\.0|\*|\[::\]):/, `tcp://${reachable}:`);
}
