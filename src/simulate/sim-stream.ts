/** What the gateway's stream follower does, without sockets: live batches and replay answers into one session. */
import type { Rng } from "../base/rng.js";
import type { StreamSink } from "../gateway/ports.js";
import type { SessionAction } from "../gateway/session/actions.js";
import { Verdict } from "../gateway/session/actions.js";
import { Session } from "../gateway/session/session.js";
import type { SimRank } from "./sim-engine.js";
import { OrderedLink, type VirtualTime } from "./virtual-time.js";

const CONNECTION = 1;

export class SimStream {
  readonly session = new Session(true);
  readonly #publisher: SimRank;
  readonly #sink: StreamSink;
  readonly #time: VirtualTime;
  readonly #rng: Rng;
  readonly #maxDelayMs: number;
  readonly #live: OrderedLink;
  #replay: OrderedLink | null = null;
  #unsubscribe: () => void = () => undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(publisher: SimRank, sink: StreamSink, time: VirtualTime, rng: Rng, maxDelayMs: number) {
    this.#publisher = publisher;
    this.#sink = sink;
    this.#time = time;
    this.#rng = rng;
    this.#maxDelayMs = maxDelayMs;
    this.#live = new OrderedLink(time, rng, maxDelayMs);
  }

  /** Connects and subscribes; what is published before the subscription arrives is lost, as with every slow joiner. */
  connect(): void {
    this.#live.send(() => {
      this.#unsubscribe = this.#publisher.subscribe(({ seq, payload }) => {
        this.#live.send(() => {
          this.#take(this.session.accept(CONNECTION, seq, payload), payload);
        });
      });
      this.#live.send(() => {
        this.session.connected(CONNECTION, this.#time.nowNs());
        this.#settle();
      });
    });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#live.cut();
    this.#replay?.cut();
  }

  #take(verdict: Verdict, payload: Uint8Array): void {
    this.#runActions();
    if (verdict === Verdict.apply) this.session.settle(this.#sink.apply(payload));
    this.#settle();
  }

  /** Everything that is due after an input: actions, held batches, the timer. */
  #settle(): void {
    this.#runActions();
    while (!this.session.isOpen) {
      const payload = this.session.takeHeld();
      this.#runActions();
      if (payload === null) break;
      this.session.settle(this.#sink.apply(payload));
      this.#runActions();
    }
    const deadline = this.session.deadlineNs;
    if (deadline === this.#timerAt || deadline === Number.POSITIVE_INFINITY) return;
    this.#timerAt = deadline;
    this.#time.at(deadline, () => this.#tick(deadline));
  }

  #tick(deadline: number): void {
    if (this.#closed || deadline !== this.#timerAt) return;
    this.#timerAt = Number.NaN;
    this.session.tick(this.#time.nowNs());
    this.#settle();
  }

  #runActions(): void {
    for (const action of this.session.takeActions()) this.#run(action);
  }

  #run(action: SessionAction): void {
    if (action.type === "purge") this.#sink.purge();
    else if (action.type === "cancel-replay") this.#replay?.cut();
    else if (action.type === "request-replay") this.#request(action.round, action.from);
  }

  /** The request travels, the publisher answers with what it then has, and the answers travel back in order. */
  #request(round: number, from: number): void {
    this.#replay?.cut();
    const link = new OrderedLink(this.#time, this.#rng, this.#maxDelayMs);
    this.#replay = link;
    link.send(() => {
      for (const { seq, payload } of this.#publisher.replay(from)) {
        link.send(() => this.#take(this.session.acceptReplayed(round, seq, payload), payload));
      }
      link.send(() => {
        this.session.replayEnded(round, this.#time.nowNs());
        this.#settle();
      });
    });
  }
}
