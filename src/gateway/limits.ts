/** Every limit of the gateway that is not a command-line option, by name. Reaching one is an answer with a code, not a surprise. */
export const LIMITS = {
  /** Engines registered at once. */
  engines: 4096,
  /** Data-parallel ranks of one engine. */
  ranksPerEngine: 128,
  /** Characters of an engine's, model's or adapter's name, a salt, a URL or an endpoint. */
  nameLength: 512,
  /** Adapters of one engine that are kept; further ones are ignored. */
  adaptersPerEngine: 4096,
  /** Prompt tokens of one /query or /route. */
  queryTokens: 2 ** 20,
  /** Longest wait of a /route with `until`. */
  decisionWaitMs: 9_000,
  /** Body of /register, /unregister. */
  adminBodyBytes: 256 * 1024,
  /** Body of /query, /route. */
  queryBodyBytes: 16 * 2 ** 20,
  /** An engine's answer to /health, /v1/models, /kv_event_sources, /tokenize or /metrics. */
  engineAnswerBytes: 32 * 2 ** 20,
  /** Requests being proxied at once; more are refused with 503. */
  requestsInFlight: 16_384,
  /** Time for a client to send its whole request. */
  clientRequestMs: 60_000,
  /** Idle client connections are closed after this. */
  clientKeepAliveMs: 75_000,
  /** Connections kept open to one engine. */
  connectionsPerEngine: 1024,
  /** Tokenised prompts kept. */
  tokenizerCacheBytes: 64 * 2 ** 20,
  tokenizerTimeoutMs: 2_000,
  /** Engines asked to tokenise one prompt before it is routed by load. */
  tokenizerAttempts: 2,
  /** Engines tried for one request before its first byte. */
  attempts: 3,
  connectTimeoutMs: 2_000,
  healthTimeoutMs: 1_000,
  /** Health checks in a row without an answer, after which an engine gets no new requests. */
  missedHealthChecks: 2,
  adapterTimeoutMs: 2_000,
  /** An adapter list younger than this is not asked for again on demand. */
  adapterFreshMs: 100,
  /** Pause between two attempts to discover an engine. */
  discoveryRetryMs: 1_000,
} as const;
