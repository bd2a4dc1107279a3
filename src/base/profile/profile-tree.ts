/** A profile as one tree of calls, whatever was measured: microseconds on the processor, or bytes alive. */
import type { CallFrame, CpuProfile, HeapNode, HeapProfile } from "./v8-profile.js";

export interface ProfileTree {
  readonly name: string;
  readonly file: string;
  /** From 1; 0 = unknown. */
  readonly line: number;
  /** Of this frame alone. */
  readonly self: number;
  readonly children: readonly ProfileTree[];
}

/** Time in which the process waited for something to do: V8's "(idle)" is no work and is left out. */
export function cpuTree({ nodes, samples = [], timeDeltas = [], endTime, startTime }: CpuProfile): ProfileTree {
  const self = new Map<number, number>();
  const sampled = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  samples.forEach((id, i) => {
    // A sample lasts until the next one; the last one until the end.
    const lasts = timeDeltas[i + 1] ?? Math.max(0, endTime - startTime - sampled);
    self.set(id, (self.get(id) ?? 0) + Math.max(0, lasts));
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const build = (id: number): ProfileTree => {
    const node = byId.get(id);
    const children = (node?.children ?? []).map(build).filter(({ name }) => name !== "(idle)");
    return { ...frameOf(node?.callFrame), self: self.get(id) ?? 0, children };
  };
  const root = nodes[0];
  return root === undefined ? { ...frameOf(undefined), self: 0, children: [] } : build(root.id);
}

export function heapTree({ head }: HeapProfile): ProfileTree {
  const build = ({ callFrame, selfSize, children }: HeapNode): ProfileTree => ({
    ...frameOf(callFrame),
    self: selfSize,
    children: children.map(build),
  });
  return build(head);
}

/** Of a frame and everything below it. */
export function totalOf({ self, children }: ProfileTree): number {
  return children.reduce((sum, child) => sum + totalOf(child), self);
}

/** Self values by function, largest first. */
export function hottest(tree: ProfileTree): { readonly name: string; readonly file: string; readonly self: number }[] {
  const byFunction = new Map<string, { name: string; file: string; self: number }>();
  const visit = ({ name, file, line, self, children }: ProfileTree): void => {
    const key = `${name}\n${file}\n${line}`;
    const known = byFunction.get(key) ?? { name, file, self: 0 };
    known.self += self;
    byFunction.set(key, known);
    for (const child of children) visit(child);
  };
  visit(tree);
  return [...byFunction.values()].filter(({ self }) => self > 0).sort((a, b) => b.self - a.self);
}

function frameOf(frame: CallFrame | undefined): Pick<ProfileTree, "name" | "file" | "line"> {
  const name = frame?.functionName ?? "";
  const file = (frame?.url ?? "").replace(/^file:\/\//, "");
  return { name: name === "" ? "(anonymous)" : name, file, line: Math.max(0, (frame?.lineNumber ?? -1) + 1) };
}
