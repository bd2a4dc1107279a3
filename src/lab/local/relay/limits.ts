/** Every limit of the relay, by name. */
export const RELAY_LIMITS = {
  /** Bytes written to a socket that its kernel has not taken; beyond it the other side is not read. */
  sinkBytes: 256 * 1024,
  /** Bytes that one direction of a connection keeps back (delays, silence, held messages); beyond it the sender is not read. */
  heldBytes: 1024 * 1024,
  /** A message that is looked into. A larger one ends its connection. */
  messageBytes: 64 * 1024 * 1024,
  /** Disturbances of one run, ended ones included. */
  disturbances: 1024,
  /** Numbers burnt per stream; beyond it no further ones are. */
  burntNumbers: 100_000,
  /** One line of the control channel. */
  lineBytes: 1024 * 1024,
  /** Answers to the lab's commands. */
  commandMs: 10_000,
} as const;
