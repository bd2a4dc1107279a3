/** All properties, in the order of reports. V1, which judges the others, is not among them (run-validity.ts). */
import { boundedCompleteness } from "./s2-bounded-completeness.js";
import { boundedMemory } from "./b1-bounded-memory.js";
import { boundedPhantom } from "./s1-bounded-phantom.js";
import { cachedTokensAgree } from "./check-cached-tokens-agree.js";
import { controlDoesNotFollow } from "./check-control-does-not-follow.js";
import { convergence } from "./c1-convergence.js";
import { decisionFlips } from "./check-decision-flips.js";
import { engineIsolation } from "./i2-engine-isolation.js";
import { epochFence } from "./m3-epoch-fence.js";
import { faultIsTold } from "./check-fault-is-told.js";
import { followsPrefix } from "./check-follows-prefix.js";
import { honestMetrics } from "./o1-honest-metrics.js";
import { invalidation } from "./l2-invalidation.js";
import { isolatedDeparture } from "./check-isolated-departure.js";
import { modelIsolation } from "./i1-model-isolation.js";
import { monotonicView } from "./m6-monotonic-view.js";
import { noInvention } from "./s0-no-invention.js";
import { noSilentGap } from "./m2-no-silent-gap.js";
import { orphanSafety } from "./s4-orphan-safety.js";
import { prefixContiguity } from "./s3-prefix-contiguity.js";
import type { Property } from "./property.js";
import { routingFollows } from "./r1-routing-follows.js";
import { served } from "./check-served.js";
import { streamOrder } from "./m1-stream-order.js";
import { silenceIsNoticed } from "./check-silence-is-noticed.js";
import { tierIsolation } from "./i3-tier-isolation.js";
import { visibility } from "./l1-visibility.js";

/** Always on. */
export const PROPERTIES: readonly Property[] = [
  noInvention,
  boundedPhantom,
  boundedCompleteness,
  prefixContiguity,
  orphanSafety,
  modelIsolation,
  engineIsolation,
  tierIsolation,
  streamOrder,
  noSilentGap,
  epochFence,
  monotonicView,
  convergence,
  visibility,
  invalidation,
  boundedMemory,
  routingFollows,
  honestMetrics,
];

/** On when the scenario names them under `checks`. */
export const SCENARIO_CHECKS: readonly Property[] = [
  followsPrefix,
  controlDoesNotFollow,
  cachedTokensAgree,
  decisionFlips,
  served,
  isolatedDeparture,
  faultIsTold,
  silenceIsNoticed,
];

/** Id of the property that judges the run itself. */
export const VALIDITY_ID = "V1";

/** Every id that a scenario may name. */
export const PROPERTY_IDS: readonly string[] = [...PROPERTIES, ...SCENARIO_CHECKS].map((p) => p.id).concat(VALIDITY_ID);

/** Without opportunities for these, a run with a system that answers match queries has proven nothing. */
export const BASE_REQUIREMENTS: readonly string[] = ["S0", "S1", "S2", "S3", "C1"];
