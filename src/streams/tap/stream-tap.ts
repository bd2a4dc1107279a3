/**
 * Follows one publisher over libzmq: a SUB for what comes and, per replay, a DEALER for what is missing. Shares no code with the
 * gateway, so that neither hides the other's mistakes.
 */
import { Dealer, Subscriber } from "zeromq";
import { delay, sharedAbort } from "../../base/async.js";
import { asError, KvproofError } from "../../base/errors.js";
import { buildReplayRequest, parseEventMessage, parseReplayReply, type ReplayReply } from "../../protocol/frames.js";
import type { TraceStream } from "../trace/trace-records.js";
import type { Round, StreamMerge } from "./stream-merge.js";

/** Beyond it libzmq drops, which shows as a gap and is asked for again. */
const RECEIVE_HIGH_WATER_MARK = 100_000;
/** An idle vLLM looks at its replay socket ten times a second. */
const REPLAY_SILENCE_MS = 2000;
/** What was published between the handshake and the arrival of the subscription shows only when asked for. */
const SETTLE_MS = 300;

export interface TapWatch {
  /** Microseconds since the recording began. */
  nowUs(): number;
  /** After each message; awaits room where the records go. */
  drained(): Promise<void>;
}

export class StreamTap {
  readonly stream: TraceStream;
  readonly #merge: StreamMerge;
  readonly #watch: TapWatch;
  readonly #sub = new Subscriber({ receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK, linger: 0 });
  readonly #abort = sharedAbort();
  #work: Promise<void> = Promise.resolve();
  #connections = 0;
  #heard: Promise<void> = Promise.resolve();
  #failure: Error | null = null;

  constructor(stream: TraceStream, merge: StreamMerge, watch: TapWatch) {
    this.stream = stream;
    this.#merge = merge;
    this.#watch = watch;
  }

  /** Times a connection to the events port was made. */
  get connections(): number {
    return this.#connections;
  }
  get failure(): Error | null {
    return this.#failure;
  }

  start(): void {
    this.#sub.events.on("handshake", () => this.#connected());
    this.#sub.subscribe(this.stream.topic);
    this.#sub.connect(this.stream.events);
    this.#heard = this.#listen();
  }

  /** Asks once more for the end of the stream ("leave": the publisher is known to be gone), then lets go of the sockets. */
  async close(how: "ask" | "leave" = "ask"): Promise<void> {
    this.#abort.abort();
    if (how === "leave") this.#merge.close();
    else if (this.#connections > 0) {
      this.#merge.check();
      this.#pump();
      await this.#work;
    }
    this.#sub.close();
    await this.#heard;
    this.#merge.close();
  }

  #connected(): void {
    this.#connections++;
    if (this.#connections > 1) this.#merge.check();
    this.#pump();
    void delay(SETTLE_MS, this.#abort.signal).then(() => {
      if (this.#abort.signal.aborted) return;
      this.#merge.check();
      this.#pump();
    });
  }

  async #listen(): Promise<void> {
    try {
      for await (const frames of this.#sub) {
        this.#message(frames);
        this.#pump();
        await this.#watch.drained();
      }
    } catch (thrown) {
      if (!this.#sub.closed) this.#failure ??= asError(thrown);
    }
  }

  #message(frames: readonly Uint8Array[]): void {
    const atUs = this.#watch.nowUs();
    try {
      const { topic, seq, payload } = parseEventMessage(frames);
      // libzmq compares beginnings: kv@10.0.0.1 also gets kv@10.0.0.10.
      if (this.stream.topic !== "" && topic !== this.stream.topic) return;
      this.#merge.live({ seq, topic, payload, atUs });
    } catch (thrown) {
      if (!(thrown instanceof KvproofError)) throw thrown;
      this.#merge.odd(frames, thrown.message, atUs);
    }
  }

  /** Runs the replays that are wanted, one after the other. */
  #pump(): void {
    if (this.stream.replay === null || this.#merge.round === null) return;
    this.#work = this.#work
      .then(async () => {
        for (let round = this.#merge.round; round !== null; round = this.#merge.round) await this.#replay(round);
      })
      .catch((thrown: unknown) => {
        this.#failure ??= asError(thrown);
      });
  }

  async #replay(round: Round): Promise<void> {
    const dealer = new Dealer({
      receiveHighWaterMark: 0,
      linger: 0,
      receiveTimeout: REPLAY_SILENCE_MS,
      sendTimeout: REPLAY_SILENCE_MS,
    });
    try {
      dealer.connect(this.stream.replay as string);
      await dealer.send(buildReplayRequest(round.from) as Uint8Array[]);
      for (;;) {
        const reply = await nextReply(dealer);
        const atUs = this.#watch.nowUs();
        if (reply === null) return this.#merge.roundEnded(round, "silent", atUs);
        if (reply.kind === "end") return this.#merge.roundEnded(round, "end", atUs);
        this.#merge.reply(round, { ...reply, atUs });
      }
    } finally {
      dealer.close();
    }
  }
}

/** null = silence. A reply that is none is passed over: the numbers around it will tell. */
async function nextReply(dealer: Dealer): Promise<ReplayReply | null> {
  for (;;) {
    let frames: Uint8Array[];
    try {
      frames = await dealer.receive();
    } catch {
      return null;
    }
    try {
      return parseReplayReply(frames);
    } catch (thrown) {
      if (!(thrown instanceof KvproofError)) throw thrown;
    }
  }
}
