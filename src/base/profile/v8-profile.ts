/** Profiles as V8 gives them (Chrome DevTools Protocol, Profiler.Profile and HeapProfiler.SamplingHeapProfile), as far as we read them. */

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0; -1 = unknown. */
  readonly lineNumber: number;
}
/** A `.cpuprofile` file. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node of each sample. */
  readonly samples?: readonly number[];
  /** Before each sample since the one before it. */
  readonly timeDeltas?: readonly number[];
}
export interface HeapNode {
  readonly callFrame: CallFrame;
  /** Bytes allocated there and still alive. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}
/** A `.heapprofile` file. */
export interface HeapProfile {
  readonly head: HeapNode;
}

export const PROFILE_KINDS = ["cpu", "heap"] as const;
export type ProfileKind = (typeof PROFILE_KINDS)[number];

/** What a process answers when its profile ends. */
export interface TakenProfiles {
  readonly cpu: CpuProfile | null;
  readonly heap: HeapProfile | null;
}
