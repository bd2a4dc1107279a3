/** auto: directly where that works. */
export const REACH_MODES = ["auto", "direct", "forward"] as const;
