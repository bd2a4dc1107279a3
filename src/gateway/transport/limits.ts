/** Every limit and time of a connection to a publisher, by name. */
export interface TransportLimits {
  /** From the first SYN to the end of the ZMTP handshake. */
  readonly connectTimeoutMs: number;
  /** First pause before connecting again; doubles up to `reconnectMaxMs`. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** A link on which nothing was heard for this long is asked for a sign of life. */
  readonly heartbeatIntervalMs: number;
  /** A link that gives none within this time is broken, whatever TCP believes. */
  readonly heartbeatTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly maxFramesPerMessage: number;
  readonly maxMessageBytes: number;
  /** A replay on which nothing arrives for this long has failed. vLLM answers an idle stream within 100 ms. */
  readonly replayInactivityMs: number;
  /** A replay that takes longer has failed; what it brought is kept. */
  readonly replayTotalMs: number;
}

export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  connectTimeoutMs: 3_000,
  reconnectMinMs: 50,
  reconnectMaxMs: 2_000,
  heartbeatIntervalMs: 1_000,
  heartbeatTimeoutMs: 3_000,
  maxFrameBytes: 64 * 1024 * 1024,
  maxFramesPerMessage: 64,
  maxMessageBytes: 64 * 1024 * 1024,
  replayInactivityMs: 3_000,
  replayTotalMs: 120_000,
};
