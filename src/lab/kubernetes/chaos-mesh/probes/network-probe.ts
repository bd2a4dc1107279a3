/**
 * Links between consumer and engines, dialled from the consumer's own pod: what is cut does not connect, what is late connects late,
 * what loses packets connects late now and then, what is narrow carries little.
 */
import type { bandwidth } from "../../../faults/link/bandwidth.js";
import type { delay } from "../../../faults/link/delay.js";
import type { Fault } from "../../../faults/fault.js";
import { type EffectProbe, podNames, type ProbeOf, type ProbeParts } from "./probe.js";

type ParametersOf<F> = F extends Fault<infer P> ? P : never;

/** What one look finds of one engine. `null` = no connection within DIAL_MS. */
export interface Dialled {
  readonly connectMs: readonly (number | null)[];
  readonly bytes: number;
  readonly ms: number;
}

/** How long a dial waits; twice that is what a lost first packet costs at least. */
const DIAL_MS = 500;
const DIALS = 8;
/** Of the kernel, for a first packet that got lost. */
const RETRANSMIT_MS = 150;
const LOAD_MS = 1_200;

/**
 * Arguments: dial time-out, dials, load time, then host:port of each engine. Prints one Dialled per engine. Loads /metrics again and
 * again for the load time (0 = not at all).
 */
const LOOK = `
const net=require("net"),http=require("http");
const [dialMs,dials,loadMs]=process.argv.slice(1,4).map(Number),to=process.argv.slice(4).map(a=>{const i=a.lastIndexOf(":");return{host:a.slice(0,i),port:+a.slice(i+1)}});
const dial=t=>new Promise(r=>{const s=net.connect(t),b=performance.now();const e=v=>{s.destroy();clearTimeout(w);r(v)};const w=setTimeout(()=>e(null),dialMs);s.once("connect",()=>e(performance.now()-b));s.once("error",()=>e(null))});
const load=t=>new Promise(r=>{let n=0;const b=performance.now(),stop=()=>{q&&q.destroy();r({bytes:n,ms:performance.now()-b})};let q=null;const w=setTimeout(stop,loadMs);
const go=()=>{if(performance.now()-b>=loadMs)return;q=http.get({...t,path:"/metrics"},a=>{a.on("data",c=>{n+=c.length});a.on("end",go);a.on("error",()=>{})});q.on("error",()=>{})};go()});
Promise.all(to.map(async t=>{const c=await Promise.all(Array.from({length:dials},()=>dial(t)));const l=loadMs>0?await load(t):{bytes:0,ms:0};return{connectMs:c,...l}})).then(r=>console.log(JSON.stringify(r)));
`;

type Verdict = (now: Dialled, before: Dialled) => string | null;

interface Shows {
  /** How the fault looks on one engine; null = not. */
  readonly bites: Verdict;
  /** How its absence looks. */
  readonly healed: Verdict;
  /** A rare loss may spare an engine in one look. */
  readonly on: "all" | "any";
  readonly loadMs?: number;
}

export const partitionProbe: ProbeOf = (parts) =>
  linkProbe(parts, {
    on: "all",
    bites: ({ connectMs }) =>
      connectMs.every((ms) => ms === null) ? `no connection in ${connectMs.length} dials` : null,
    healed: ({ connectMs }) => (connectMs.every((ms) => ms !== null) ? "connects" : null),
  });

export const delayProbe: ProbeOf = (parts) => {
  const { latency, jitter, direction } = parts.parameters as ParametersOf<typeof delay>;
  const ways = direction === "both" ? 2 : 1;
  const least = Math.max(1, (latency - jitter) * ways);
  return linkProbe(parts, {
    on: "all",
    bites: (now, before) => {
      const later = medianOf(now) - medianOf(before);
      return later >= least * 0.9 ? `connects ${Math.round(later)} ms later than before` : null;
    },
    healed: (now, before) =>
      medianOf(now) - medianOf(before) < least / 2 ? `connects within ${Math.round(medianOf(now))} ms` : null,
  });
};

export const lossProbe: ProbeOf = (parts) => {
  const late = ({ connectMs }: Dialled, before: Dialled): number =>
    connectMs.filter((ms) => ms === null || ms >= medianOf(before) + RETRANSMIT_MS).length;
  return linkProbe(parts, {
    on: "any",
    bites: (now, before) => {
      const lost = late(now, before);
      return lost > 0 ? `${lost} of ${now.connectMs.length} dials lost their first packet` : null;
    },
    healed: (now, before) => (late(now, before) === 0 ? `${now.connectMs.length} dials without loss` : null),
  });
};

export const bandwidthProbe: ProbeOf = (parts) => {
  const { rate_kbit_per_s: limit } = parts.parameters as ParametersOf<typeof bandwidth>;
  return linkProbe(parts, {
    on: "all",
    loadMs: LOAD_MS,
    // Twice the limit: the bucket is full at first.
    bites: (now, before) =>
      rateOf(now) <= 2 * limit && rateOf(before) > 2 * limit
        ? `carries ${Math.round(rateOf(now))} kbit/s, ${Math.round(rateOf(before))} before`
        : null,
    healed: (now) => (rateOf(now) > 2 * limit ? `carries ${Math.round(rateOf(now))} kbit/s` : null),
  });
};

async function linkProbe({ world, place, shell }: ProbeParts, shows: Shows): Promise<EffectProbe> {
  const [consumer] = place.consumers;
  const [pod] = podNames(place.consumers);
  const addresses = world.engines.map(({ endpoints }) => new URL(endpoints.http).host);
  const names = world.engines.map(({ spec }) => spec.engine);
  const look = async (): Promise<readonly Dialled[]> => {
    const numbers = [DIAL_MS, DIALS, shows.loadMs ?? 0].map(String);
    return JSON.parse(
      await shell.node(pod ?? "", consumer?.container ?? "", LOOK, [...numbers, ...addresses]),
    ) as readonly Dialled[];
  };
  const before = await look();
  const told = async (verdict: Verdict): Promise<string[]> => {
    const now = await look();
    return now.flatMap((dialled, i) => {
      const was = before[i];
      const text = was === undefined ? null : verdict(dialled, was);
      return text === null ? [] : [`${names[i]} ${text}`];
    });
  };
  return {
    seen: async () => {
      const bitten = await told(shows.bites);
      const enough = shows.on === "all" ? names.length : 1;
      return bitten.length >= enough && bitten.length > 0 ? `from ${pod}: ${listed(bitten)}` : null;
    },
    gone: async () => {
      const healed = await told(shows.healed);
      return healed.length === names.length ? `from ${pod}: ${listed(healed)}` : null;
    },
  };
}

/** Of the dials, those without a connection counting as the time-out. */
function medianOf({ connectMs }: Dialled): number {
  const sorted = connectMs.map((ms) => ms ?? DIAL_MS).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? DIAL_MS;
}

function rateOf({ bytes, ms }: Dialled): number {
  return ms === 0 ? 0 : (bytes * 8) / ms;
}

const MAX_NAMED = 4;

function listed(lines: readonly string[]): string {
  const shown = lines.slice(0, MAX_NAMED).join("; ");
  return lines.length > MAX_NAMED ? `${shown}; and ${lines.length - MAX_NAMED} more` : shown;
}
