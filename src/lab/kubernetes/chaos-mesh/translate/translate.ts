/** Every kind of fault in terms of Chaos Mesh: what it becomes there, or why it cannot. */
import { clockTranslators } from "./clocks.js";
import { diskTranslators } from "./disk.js";
import { networkTranslators } from "./network.js";
import type { Place } from "./place.js";
import { processTranslators } from "./processes.js";
import { stressTranslators } from "./stress.js";
import type { Translation, Translator } from "./translation.js";
import { refused } from "./translation.js";

const TRANSLATORS = new Map<string, Translator>(
  [networkTranslators, processTranslators, stressTranslators, diskTranslators, clockTranslators]
    .flat()
    .map((one) => [one.kind, one]),
);

const MESSAGES = "Chaos Mesh knows packets, not event messages: they need the relay of the built-in injector";

/** Kinds, or whole families, that Chaos Mesh cannot cause whatever their parameters are. */
const CANNOT: Readonly<Record<string, string>> = {
  stream: MESSAGES,
  "link.blackhole": "Chaos Mesh drops packets; a connection that is accepted and swallowed needs the relay",
  "link.refuse": "Chaos Mesh drops packets; it refuses no connections",
  "link.storm": "Chaos Mesh drops packets; it resets no connections",
  "process.pause": "Chaos Mesh ends processes; it does not stop them (SIGSTOP)",
  "clock.drift": "TimeChaos adds a fixed time to a clock; it does not change its rate",
  "clock.freeze": "TimeChaos adds a fixed time to a clock; it does not stop it",
  "host.disk-stress": "IOChaos delays or fails calls, and its stressors burn CPU and memory; none keeps a disk busy",
  node: "Chaos Mesh ends pods, not nodes; the built-in injector does it by --node-command",
  engine: "quirks are the engine double's own: no fault from outside makes an engine lie",
};

/** Why Chaos Mesh cannot cause this kind at all; null = it can, with the right parameters. */
export function kindRefusal(kind: string): string | null {
  if (TRANSLATORS.has(kind)) return null;
  const family = kind.slice(0, kind.indexOf("."));
  return CANNOT[kind] ?? CANNOT[family] ?? `Chaos Mesh has nothing like ${kind}`;
}

/** Kinds and families that have a reason; for tests that nothing is forgotten. */
export const REFUSED_KINDS: readonly string[] = Object.keys(CANNOT);

/** `parameters` as the fault's own schema gives them: defaults filled in, durations in milliseconds. */
export function translate(kind: string, parameters: object, place: Place): Translation {
  const found = TRANSLATORS.get(kind);
  return found === undefined ? refused(kindRefusal(kind) ?? "") : found.translate(parameters, place);
}
