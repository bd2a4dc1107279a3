/** W1 to W21: what is wrong in the field around vLLM's wire, as an outside tester sees it. */
import type { KnownDefect } from "./known-defect.js";

export const vllmWire: readonly KnownDefect[] = [
  { id: "W1", what: "a full event queue blocks the engine (vllm#53859)", notSeeded: "a publisher's defect" },
  { id: "W2", what: "replies with and without the topic frame (vllm#45174)" },
  { id: "W3", what: "a replay brings one batch only (vLLM's example, llm-d-router#1887)" },
  { id: "W4", what: "a replay is cut short by the high-water mark and still ends" },
  { id: "W5", what: "removal of one of several copies (vllm#55092)" },
  { id: "W6", what: "restart from 0 with a stale index (llm-d-router#2853)" },
  { id: "W7", what: "no gap detection (llm-d-router#1737)" },
  { id: "W8", what: "replay taken for one frame, applied after live events (Mooncake#3616)" },
  { id: "W9", what: "schema breaks: arrays, maps, integers, bytes (kthena#1535, dynamo#3180)" },
  { id: "W10", what: "AllBlocksCleared ignored (aibrix#2287)" },
  {
    id: "W11",
    what: "a reset of the GPU alone wipes the CPU's view (vllm#57296)",
    notSeeded: "on the wire it cannot be told from a clear of all",
  },
  { id: "W12", what: "groups of hybrid models fall together (aibrix#2285)" },
  {
    id: "W13",
    what: "sparse stores: fewer tokens than hashes (vllm#44451)",
    notSeeded: "the engine double stores whole blocks; src/gateway/index/prefix-index.test.ts has sparse ones",
  },
  { id: "W14", what: "offload events without tokens, block size 0 (vllm#39275)" },
  {
    id: "W15",
    what: "adapter's name parsed as another key; reload under the same name (llm-d-router#2927, vllm#42125)",
  },
  { id: "W16", what: "late subscriber; removals of unknown hashes (vllm#40363, dynamo#14737)" },
  {
    id: "W17",
    what: "re-used blocks are never announced again (vllm#45261)",
    notSeeded: "what a publisher does not say, no consumer can know",
  },
  { id: "W18", what: "ports of ranks; messages of 1 or 2 frames (sglang#29211, ATOM#2203)" },
  { id: "W19", what: "configured, but no event comes (dynamo#11984)" },
  { id: "W20", what: "wildcard addresses and topics that are prefixes of others" },
  { id: "W21", what: "prompts beyond the pool hang (vllm#39734)", notSeeded: "a scheduler's defect" },
];
