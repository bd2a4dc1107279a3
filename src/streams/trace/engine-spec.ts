/** `--engine name=tcp://host:port[,replay=tcp://host:port][,topic=text][,rank=n]`: one publisher to follow. */
import { UsageError } from "../../base/errors.js";
import { streamName, type TraceStream } from "./trace-records.js";

const ENDPOINT = /^(tcp:\/\/(\[[0-9a-fA-F:]+\]|[^:/*\s,]+):([1-9]\d{0,4})|ipc:\/\/[^\s,]+)$/;
const MAX_NAME = 256;
const MAX_RANK = 65_535;

/** @throws UsageError KVP_E_USAGE that says what is wrong with the text. */
export function parseEngineSpec(text: string): TraceStream {
  const wrong = (why: string): UsageError =>
    new UsageError(
      "KVP_E_USAGE",
      `--engine ${JSON.stringify(text)}: ${why}; write name=tcp://host:port[,replay=tcp://host:port][,topic=text][,rank=n]`,
    );
  const [head, ...options] = text.split(",") as [string, ...string[]];
  const equals = head.indexOf("=");
  const engine = head.slice(0, Math.max(0, equals));
  const events = head.slice(equals + 1);
  if (engine === "" || engine.length > MAX_NAME) throw wrong("it names no engine");
  if (!isEndpoint(events)) throw wrong(`"${events}" is no endpoint to dial`);
  const stream = { engine, rank: 0, events, replay: null as string | null, topic: "" };
  const seen = new Set<string>();
  for (const option of options) {
    const [key, value] = split(option);
    if (seen.has(key)) throw wrong(`${key} is given twice`);
    seen.add(key);
    if (key === "replay" && isEndpoint(value)) stream.replay = value;
    else if (key === "replay") throw wrong(`"${value}" is no endpoint to dial`);
    else if (key === "topic") stream.topic = value;
    else if (key === "rank" && /^\d{1,5}$/.test(value) && Number(value) <= MAX_RANK) stream.rank = Number(value);
    else if (key === "rank") throw wrong(`"${value}" is no rank`);
    else throw wrong(`there is no "${key}"`);
  }
  return stream;
}

/** @throws UsageError KVP_E_USAGE when two specs name one publisher. */
export function parseEngineSpecs(texts: readonly string[]): TraceStream[] {
  const streams = texts.map(parseEngineSpec);
  const names = streams.map(streamName);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new UsageError("KVP_E_USAGE", `--engine: ${twice} is given twice; ranks of one engine must differ`);
  return streams;
}

function split(option: string): [string, string] {
  const equals = option.indexOf("=");
  return equals < 0 ? [option, ""] : [option.slice(0, equals), option.slice(equals + 1)];
}

function isEndpoint(text: string): boolean {
  const match = ENDPOINT.exec(text);
  return match !== null && (match[3] === undefined || Number(match[3]) <= 65_535);
}
