/** Calls to the lab port of an engine in a pod. */
import { z } from "zod";
import { KvproofError, UnavailableError } from "../../../base/errors.js";
import { requestWithin } from "../../request-within.js";
import { shapeProblem } from "../../shape-problem.js";
import type { ClockReading } from "./clock-offset.js";

const TIMEOUT_MS = 10_000;
const QUOTED_CHARACTERS = 300;

const report = z.object({
  clock: z.object({ monotonic_ns: z.number(), boot_id: z.string().nullable() }),
  process: z.object({ rss_bytes: z.number(), cpu_seconds: z.number(), cpu_wait_seconds: z.number().nullish() }),
});

export interface EngineReport extends ClockReading {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  readonly cpuWaitSeconds?: number;
}

/** `POST /lab/<path>`, or GET without a body; path "" is `GET /lab`. */
export async function callLab(
  lab: { readonly url: string; readonly token: string; readonly engine: string },
  path: string,
  body?: unknown,
  timeoutMs = TIMEOUT_MS,
): Promise<unknown> {
  const { status, text } = await requestWithin(`${lab.url}/lab${path === "" ? "" : `/${path}`}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${lab.token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    withinMs: timeoutMs,
  });
  if (status === 200) return JSON.parse(text) as unknown;
  throw new KvproofError(
    "KVP_E_BAD_REQUEST",
    `engine ${lab.engine} refused /lab/${path} (${status}): ${text.slice(0, QUOTED_CHARACTERS)}`,
  );
}

export async function reportOf(lab: Parameters<typeof callLab>[0], timeoutMs = TIMEOUT_MS): Promise<EngineReport> {
  const parsed = report.safeParse(await callLab(lab, "", undefined, timeoutMs));
  if (!parsed.success)
    throw new UnavailableError(
      "KVP_E_ENGINE_NOT_READY",
      `engine ${lab.engine} is no engine of this kvproof: ${shapeProblem(parsed.error)}; is the image of another version?`,
    );
  const { clock, process } = parsed.data;
  return {
    monotonicNs: clock.monotonic_ns,
    bootId: clock.boot_id,
    rssBytes: process.rss_bytes,
    cpuSeconds: process.cpu_seconds,
    ...(typeof process.cpu_wait_seconds === "number" ? { cpuWaitSeconds: process.cpu_wait_seconds } : {}),
  };
}
