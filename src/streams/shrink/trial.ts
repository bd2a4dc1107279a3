/** One try: a system, fresh, is fed a scene over real sockets, and asked for every chain in it. */
import { delay, waitFor } from "../../base/async.js";
import { asError, KvproofError, TimeoutError } from "../../base/errors.js";
import { NaiveFleet } from "../oracle/naive-fleet.js";
import type { Question } from "../oracle/naive-stream.js";
import { publishTrace } from "../publish/publish-trace.js";
import { ReplayedFleet, type ReplayedEngine } from "../publish/replayed-fleet.js";
import { traceFacts } from "../trace/trace-facts.js";
import { markersOf } from "./marker.js";
import { type Scene, traceOf } from "./scene.js";

/** A system under test, as shrinking needs it. */
export interface ShrinkSut {
  /** A new life of it, with nothing known. */
  start(): Promise<SutSession>;
}
export interface SutSession {
  /** Whether it tells adapters, or salts, apart at all. */
  readonly lora: boolean;
  readonly salt: boolean;
  addEngine(engine: ReplayedEngine): Promise<void>;
  /** Leading full blocks per engine. */
  match(model: string, question: Question): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

export interface TrialOptions {
  readonly sut: ShrinkSut;
  /** Longest wait for a system to have read everything. */
  readonly settleMs: number;
  readonly signal: AbortSignal;
}

/** What a system answered wrong. */
export interface Failure {
  readonly kind: "too-much" | "too-little" | "never-reads-on" | "error";
  readonly question: Question | null;
  readonly expected: Readonly<Record<string, number>>;
  readonly answered: Readonly<Record<string, number>>;
  readonly message: string;
}

/** After these a system under test answers nothing more. */
const FATAL: ReadonlySet<string> = new Set(["KVP_E_SUT_EXITED", "KVP_E_SUT_HUNG", "KVP_E_SUT_PROTOCOL"]);
const MODEL = "shrunk";
const SUBSCRIBE_TIMEOUT_MS = 10_000;
/** An answer that is wrong is asked for once more after this time: an index may lag behind its own marker for a moment. */
const SECOND_LOOK_MS = 100;
const MAX_QUESTIONS = 2000;
const LOOK_INTERVAL_MS = 5;

/** null = every answer was right. @throws when the system does not start or never subscribes. */
export async function tryScene(scene: Scene, options: TrialOptions): Promise<Failure | null> {
  const markers = markersOf(scene);
  const { header, records } = traceOf(
    scene,
    markers.map(({ step }) => step),
  );
  const facts = await traceFacts({ header, records: each(records) });
  const naive = new NaiveFleet(facts);
  for (const record of records) naive.see(record);
  const fleet = await ReplayedFleet.open(facts, { host: "127.0.0.1", port: 0, model: MODEL, ring: records.length });
  const session = await options.sut.start().catch(async (thrown: unknown) => {
    await fleet.close();
    throw thrown;
  });
  try {
    for (const engine of fleet.engines) await session.addEngine(engine);
    await fleet.subscribed(1, SUBSCRIBE_TIMEOUT_MS, options.signal);
    await publishTrace(each(records), fleet, { speed: Infinity, subscribers: 1, signal: options.signal });
    return await judge(session, naive, markers, options);
  } catch (thrown) {
    if (thrown instanceof TimeoutError || !(thrown instanceof KvproofError)) throw thrown;
    return { kind: "error", question: null, expected: {}, answered: {}, message: thrown.message };
  } finally {
    await session.stop();
    await fleet.close();
  }
}

async function judge(
  session: SutSession,
  naive: NaiveFleet,
  markers: ReturnType<typeof markersOf>,
  { settleMs, signal }: TrialOptions,
): Promise<Failure | null> {
  const deadline = performance.now() + settleMs;
  for (const { engine, question } of markers) {
    const timeoutMs = Math.max(1, Math.round(deadline - performance.now()));
    const describe = `${engine} to be answered for the block it stored last`;
    try {
      const gone = await waitFor(() => marked(session, engine, question), {
        describe,
        timeoutMs,
        signal,
        intervalMs: LOOK_INTERVAL_MS,
      });
      if (gone instanceof KvproofError) throw gone;
    } catch (thrown) {
      if (!(thrown instanceof TimeoutError) || thrown.code === "KVP_E_INTERRUPTED") throw thrown;
      return {
        kind: "never-reads-on",
        question,
        expected: { [engine]: 1 },
        answered: {},
        message: asError(thrown).message,
      };
    }
  }
  for (const question of naive.questions(MAX_QUESTIONS)) {
    if ((question.lora !== null && !session.lora) || (question.salt !== null && !session.salt)) continue;
    const expected = naive.answer(question);
    if (difference(expected, await session.match(MODEL, question)) === null) continue;
    await delay(SECOND_LOOK_MS, signal);
    const answered = await session.match(MODEL, question);
    const found = difference(expected, answered);
    if (found !== null) return { ...found, question, expected, answered };
  }
  return null;
}

/** Whether it answers the marker; the error, when none will come any more. */
async function marked(session: SutSession, engine: string, question: Question): Promise<boolean | KvproofError> {
  try {
    return ((await session.match(MODEL, question))[engine] ?? 0) > 0;
  } catch (thrown) {
    if (thrown instanceof KvproofError && FATAL.has(thrown.code)) return thrown;
    throw thrown;
  }
}

function difference(
  expected: Readonly<Record<string, number>>,
  answered: Readonly<Record<string, number>>,
): Pick<Failure, "kind" | "message"> | null {
  const engines = [...new Set([...Object.keys(expected), ...Object.keys(answered)])].sort((a, b) => a.localeCompare(b));
  for (const engine of engines) {
    const due = expected[engine] ?? 0;
    const given = answered[engine] ?? 0;
    if (due === given) continue;
    return {
      kind: given > due ? "too-much" : "too-little",
      message: `${engine} holds ${due} leading blocks, the answer is ${given}`,
    };
  }
  return null;
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
