/** A GET to the API server whose answer goes on: logs that are followed. */
import http, { type IncomingMessage } from "node:http";
import https, { type RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { InternalError } from "../../../base/errors.js";

const CONNECT_MS = 15_000;

/** Yields what comes until the server ends it. Rejects when there is no answer, or none with status 200; an abort ends it in order. */
export async function* streamGet(
  config: KubeConfig,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new InternalError("no cluster is chosen");
  const url = new URL(`${server.replace(/\/$/, "")}${path}`);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  try {
    const response = await answer(url, options, signal);
    if (response.statusCode !== 200) {
      response.resume();
      throw new Error(`${url.pathname} answered ${response.statusCode}`);
    }
    for await (const chunk of response as AsyncIterable<Buffer>) yield chunk;
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}

function answer(url: URL, options: RequestOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === "https:" ? https : http;
    const sent = request(url, { ...options, signal }, (response) => {
      sent.setTimeout(0);
      resolve(response);
    });
    sent.setTimeout(CONNECT_MS, () => sent.destroy(new Error(`no answer within ${CONNECT_MS} ms`)));
    sent.once("error", reject);
    sent.end();
  });
}
