/** Opens the sockets of one rank's publisher by vLLM's rules and reads the bound endpoints back. */
import type { Publisher, Router } from "zeromq";
import type { Clock } from "../../base/clock.js";
import { asError, UnavailableError } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import type { Dialect } from "../../protocol/dialects.js";
import type { LedgerWriter } from "../ledger-writer.js";
import { binds, rankEndpoint } from "./endpoints.js";
import type { KvEventsConfig } from "./publisher-config.js";
import { PublisherCore } from "./publisher-core.js";
import { ZmqPublisher } from "./zmq-publisher.js";

export interface OpenPublisherOptions {
  readonly config: KvEventsConfig;
  readonly dialect: Dialect;
  readonly engine: string;
  readonly epoch: number;
  readonly rank: number;
  readonly ledger: LedgerWriter;
  readonly clock: Clock;
  readonly eventSeconds: () => number;
  readonly log: Logger;
}

export interface OpenPublisher {
  readonly publisher: ZmqPublisher;
  /** As bound (wildcards as libzmq reports them) or as dialled. */
  readonly endpoint: string;
  readonly replayEndpoint: string | null;
}

/** Throws UnavailableError KVP_E_ADDRESS_IN_USE or KVP_E_BIND. */
export async function openPublisher(options: OpenPublisherOptions): Promise<OpenPublisher> {
  const { config, rank } = options;
  const zmq = await import("zeromq");
  // Send timeout 0 makes `send` one non-blocking zmq_send; PUB never blocks, ROUTER drops at its default SNDHWM of 1000.
  const pub = new zmq.Publisher({ linger: 0, sendTimeout: 0, sendHighWaterMark: config.hwm });
  const replay =
    config.replay_endpoint === null ? null : new zmq.Router({ linger: 0, sendTimeout: 0, receiveTimeout: 0 });
  try {
    const endpoint = await attach(pub, rankEndpoint(config.endpoint, rank), config.bind);
    const replayEndpoint =
      replay === null ? null : await bound(replay, rankEndpoint(config.replay_endpoint as string, rank));
    const core = new PublisherCore({ dialect: options.dialect, topic: config.topic, bufferSteps: config.buffer_steps });
    const publisher = new ZmqPublisher({
      ...options,
      core,
      pub,
      replay,
      replayPollMs: config.replay_poll_ms,
      maxQueue: config.max_queue_size,
    });
    return { publisher, endpoint, replayEndpoint };
  } catch (thrown) {
    pub.close();
    replay?.close();
    throw thrown;
  }
}

async function attach(pub: Publisher, endpoint: string, force: boolean): Promise<string> {
  if (binds(endpoint, force)) return bound(pub, endpoint);
  try {
    pub.connect(endpoint);
  } catch (cause) {
    throw new UnavailableError("KVP_E_BIND", `cannot connect the publisher to ${endpoint}: ${asError(cause).message}`, {
      cause,
    });
  }
  return endpoint;
}

async function bound(socket: Publisher | Router, endpoint: string): Promise<string> {
  try {
    await socket.bind(endpoint);
  } catch (cause) {
    const inUse = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    const message = inUse
      ? `${endpoint} is in use by another process`
      : `cannot bind ${endpoint}: ${asError(cause).message}`;
    throw new UnavailableError(inUse ? "KVP_E_ADDRESS_IN_USE" : "KVP_E_BIND", message, { cause });
  }
  return socket.lastEndpoint ?? endpoint;
}
