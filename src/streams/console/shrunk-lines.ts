/** A small trace and what a system answers wrong after it, for people. */
import type { KvEvent } from "../../protocol/kv-event.js";
import { hashKey } from "../hash-key.js";
import type { Scene } from "../shrink/scene.js";
import type { Shrunk } from "../shrink/shrink.js";
import { streamName, type TraceStream } from "../trace/trace-records.js";

/** Tokens of one block that are written out. */
const MAX_TOKENS = 8;

export function shrunkLines({ failure, scene, tries, stopped, confirmed }: Shrunk): string[] {
  if (failure === null) return [`the system under test answers everything right after this trace (${tries} tries)`];
  const lines = sceneLines(scene);
  lines.push("");
  const { question, expected, answered, message } = failure;
  if (question !== null) {
    const context = `${question.lora === null ? "" : `, adapter ${question.lora}`}${question.salt === null ? "" : `, salt ${question.salt}`}`;
    lines.push(`asked     tokens ${tokensText(question.tokens, 64)}${context}`);
    lines.push(`expected  ${answerText(expected)}`, `answered  ${answerText(answered)}`);
  }
  lines.push(
    `wrong     ${message}`,
    "",
    `failed in ${confirmed.failed} of ${confirmed.runs} runs; ${tries} tries${stopped === null ? "" : `; stopped early: ${stopped}`}`,
  );
  return lines;
}

function sceneLines({ streams, steps }: Scene): string[] {
  const lines: string[] = [];
  const seqs = new Map<string, number>();
  for (const { stream, life, events, payload } of steps) {
    const name = streamName(streams[stream] as TraceStream);
    const key = `${stream} ${life}`;
    const seq = seqs.get(key) ?? 0;
    if (seq === 0 && [...seqs.keys()].some((known) => known.startsWith(`${stream} `))) lines.push(`${name} restarts`);
    seqs.set(key, seq + 1);
    if (events === null) lines.push(`${name} ${seq}: ${payload?.length ?? 0} bytes that are no batch`);
    for (const event of events ?? []) lines.push(`${name} ${seq}: ${eventText(event)}`);
  }
  return lines;
}

function eventText(event: KvEvent): string {
  if (event.type === "cleared") return "clear all";
  const hashes = event.blockHashes.map(hashKey).join(" ");
  const where = [
    event.medium !== null && event.medium !== "GPU" ? ` in ${event.medium}` : "",
    event.groupIdx ? ` group ${event.groupIdx}` : "",
  ].join("");
  if (event.type === "removed") return `remove ${hashes}${where}`;
  const below = event.parent === null ? "" : ` below ${hashKey(event.parent)}`;
  const adapter = event.loraName === null ? "" : `, adapter ${event.loraName}`;
  const keys = event.extraKeys?.some((entry) => entry !== null)
    ? `, extra keys ${JSON.stringify(event.extraKeys)}`
    : "";
  return `store ${hashes}${below}${where}, tokens ${tokensText(event.tokenIds, MAX_TOKENS * event.blockHashes.length)} (block size ${event.blockSize})${adapter}${keys}`;
}

function tokensText(tokens: ArrayLike<number>, limit: number): string {
  const shown = Array.from(tokens).slice(0, limit).join(" ");
  return `[${shown}${tokens.length > limit ? ` … ${tokens.length} in all` : ""}]`;
}

function answerText(answer: Readonly<Record<string, number>>): string {
  const parts = Object.entries(answer).map(([engine, blocks]) => `${engine}: ${blocks}`);
  return parts.length === 0 ? "nobody holds any of it" : parts.join(", ");
}
