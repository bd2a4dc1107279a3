/**
 * What the gateway's stream follower and sockets do, without sockets: dials, subscribes, feeds live batches and replay answers
 * into one session, runs what it asks for, dials again.
 */
import { NS_PER_MS } from "../../base/clock.js";
import type { ReplayAnswers } from "../links/replay-link.js";
import { ReplayLink } from "../links/replay-link.js";
import { type LinkParts, LiveLink } from "../links/live-link.js";
import type { StreamSink } from "../../gateway/ports.js";
import { type SessionAction, Verdict } from "../../gateway/session/actions.js";
import { Session } from "../../gateway/session/session.js";
import type { Published, SimRank } from "../engine/sim-rank.js";
import { SESSION_TIMES, TEMPO } from "./tempo.js";

export interface StreamParts extends LinkParts {
  readonly sink: StreamSink;
  readonly replay: boolean;
  /** Who is at the engine's address now; null = nobody listens. */
  readonly peer: () => SimRank | null;
  /** Runs work as the gateway's process: later, if it stands still. */
  readonly enter: (work: () => void) => void;
  /** A batch that was published to this stream and will not arrive. */
  readonly lost: (batch: Published, how: string) => void;
  readonly disconnected: () => void;
}

export class SimStream {
  readonly session: Session;
  readonly #parts: StreamParts;
  #connections = 0;
  /** Of the present connection. */
  #link: LiveLink | null = null;
  #unsubscribe: () => void = () => undefined;
  /** When the present connection's subscription reaches the publisher. */
  #subscribedAt = 0;
  #replay: ReplayLink | null = null;
  #attempts = 0;
  #timerAt = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.session = new Session(parts.replay, SESSION_TIMES);
  }

  /** Connects and subscribes; what is published before the subscription arrives is lost, as with every slow joiner. */
  dial(): void {
    if (this.#closed || this.#link !== null) return;
    const { conditions, time, peer: peerNow } = this.#parts;
    const peer = peerNow();
    const cut = conditions.of("link.partition");
    const silence = conditions.of("link.half-open");
    if (peer === null || cut !== undefined) {
      cut?.bit("a connection was refused");
      this.#redial(TEMPO.refusalMs);
    } else if (silence !== undefined || peer.isFrozen) {
      silence?.bit("a connection could not be made");
      this.#redial(TEMPO.connectTimeoutMs);
    } else {
      const id = ++this.#connections;
      const link = new LiveLink(this.#parts, (batch) => this.#arrived(id, batch), this.#parts.lost);
      this.#link = link;
      peer.onEnd(() => link.inOrder(() => this.#lose(link, id, "the peer closed")));
      time.afterMs(this.#parts.rng.float() * this.#parts.maxDelayMs, () => this.#ready(link, id, peer));
    }
  }

  /** The connection breaks. `late` = what is under way still arrives, after whatever comes next. */
  cut(late: boolean): void {
    this.#replay?.cut();
    const link = this.#link;
    if (link === null) return;
    if (!late) link.break();
    this.#lose(link, this.#connections, "reset");
  }

  /** Nothing is heard any more; unless that changes, the heartbeat breaks the connection. */
  silenced(isSilent: () => boolean): void {
    const link = this.#link;
    const id = this.#connections;
    if (link === null) return;
    this.#parts.time.afterMs(TEMPO.heartbeatMs, () => {
      if (!isSilent() || this.#link !== link) return;
      link.break();
      this.#lose(link, id, "no sign of life");
    });
  }

  unstick(): void {
    this.#link?.unstick();
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    this.#link?.break();
    this.#replay?.cancel();
  }

  /** The handshake is done. The subscription travels to the publisher while the session already believes to listen. */
  #ready(link: LiveLink, id: number, peer: SimRank): void {
    if (this.#closed || this.#link !== link) return;
    const { time, rng, maxDelayMs } = this.#parts;
    this.#attempts = 0;
    const travelMs = rng.float() * maxDelayMs;
    this.#subscribedAt = time.nowNs() + travelMs * NS_PER_MS;
    time.afterMs(travelMs, () => {
      if (this.#link === link) this.#unsubscribe = peer.subscribe((batch) => link.publish(batch));
    });
    this.#enter(() => {
      this.session.connected(id, time.nowNs());
      this.#settle();
    });
  }

  #lose(link: LiveLink, id: number, reason: string): void {
    if (this.#closed || this.#link !== link) return;
    this.#link = null;
    this.#unsubscribe();
    this.#enter(() => {
      this.session.disconnected(id, reason, this.#parts.time.nowNs());
      this.#settle();
      this.#parts.disconnected();
    });
    this.#redial(0);
  }

  #redial(afterMs: number): void {
    const { rng, time } = this.#parts;
    const whole = Math.min(TEMPO.reconnectMaxMs, TEMPO.reconnectMinMs * 2 ** this.#attempts++);
    time.afterMs(afterMs + whole * (0.5 + rng.float() / 2), () => this.#enter(() => this.dial()));
  }

  #arrived(id: number, { seq, payload }: Published): void {
    this.#enter(() => this.#take(this.session.accept(id, seq, payload), payload));
  }

  #enter(work: () => void): void {
    this.#parts.enter(() => {
      if (!this.#closed) work();
    });
  }

  #take(verdict: Verdict, payload: Uint8Array): void {
    this.#runActions();
    if (verdict === Verdict.apply) this.session.settle(this.#parts.sink.apply(payload));
    this.#settle();
  }

  /** Everything that is due after an input: actions, held batches, the timer. */
  #settle(): void {
    this.#runActions();
    while (!this.session.isOpen) {
      const payload = this.session.takeHeld();
      this.#runActions();
      if (payload === null) break;
      this.session.settle(this.#parts.sink.apply(payload));
      this.#runActions();
    }
    const deadline = this.session.deadlineNs;
    if (deadline === this.#timerAt || deadline === Number.POSITIVE_INFINITY) return;
    this.#timerAt = deadline;
    this.#parts.time.at(deadline, () => this.#enter(() => this.#tick(deadline)));
  }

  #tick(deadline: number): void {
    if (deadline !== this.#timerAt) return;
    this.#timerAt = Number.NaN;
    this.session.tick(this.#parts.time.nowNs());
    this.#settle();
  }

  #runActions(): void {
    if (!this.session.hasActions) return;
    for (const action of this.session.takeActions()) this.#run(action);
  }

  #run(action: SessionAction): void {
    if (action.type === "purge") this.#parts.sink.purge();
    else if (action.type === "cancel-replay") this.#replay?.cancel();
    else if (action.type === "request-replay") {
      this.#replay?.cancel();
      this.#replay = new ReplayLink(this.#parts, this.#answersOf(action.round));
      // A replay connection shakes hands first: the subscription, which travels one way only, is there before its request.
      const handshakeMs = (this.#subscribedAt - this.#parts.time.nowNs()) / NS_PER_MS;
      this.#replay.request(this.#parts.peer(), action.from, handshakeMs);
    }
  }

  #answersOf(round: number): ReplayAnswers {
    const { session } = this;
    const news = (tell: () => void): void =>
      this.#enter(() => {
        tell();
        this.#settle();
      });
    const nowNs = (): number => this.#parts.time.nowNs();
    return {
      batch: (seq, payload) => this.#enter(() => this.#take(session.acceptReplayed(round, seq, payload), payload)),
      ended: () => news(() => session.replayEnded(round, nowNs())),
      failed: (reason) => news(() => session.replayFailed(round, reason, nowNs())),
    };
  }
}
