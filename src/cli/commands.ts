/** All commands, in the order of the help. One line each; the work is behind a dynamic import. */
import type { Command } from "commander";
import { registerBench } from "./commands/bench.js";
import { registerChaos } from "./commands/chaos.js";
import { registerCluster } from "./commands/cluster.js";
import { registerEngine } from "./commands/engine.js";
import { registerEngineGroup } from "./commands/engine-group.js";
import { registerGateway } from "./commands/gateway.js";
import { registerGc } from "./commands/gc.js";
import { registerJudge } from "./commands/judge.js";
import { registerKubernetes } from "./commands/kubernetes.js";
import { registerLint } from "./commands/lint.js";
import { registerPod } from "./commands/pod.js";
import { registerRecord } from "./commands/record.js";
import { registerRelay } from "./commands/relay.js";
import { registerReplay } from "./commands/replay.js";
import { registerReport } from "./commands/report.js";
import { registerRun } from "./commands/run.js";
import { registerScenario } from "./commands/scenario.js";
import { registerShrink } from "./commands/shrink.js";
import { registerStress } from "./commands/stress.js";
import { registerSimulate } from "./commands/simulate.js";
import { registerTrend } from "./commands/trend.js";

export const commands: readonly ((program: Command) => void)[] = [
  registerRun,
  registerScenario,
  registerJudge,
  registerReport,
  registerTrend,
  registerEngine,
  registerGateway,
  registerBench,
  registerRecord,
  registerReplay,
  registerLint,
  registerShrink,
  registerRelay,
  registerEngineGroup,
  registerPod,
  registerStress,
  registerSimulate,
  registerChaos,
  registerCluster,
  registerGc,
  registerKubernetes,
  // one registration per line
];
