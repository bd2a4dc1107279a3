/** Whether an anomaly really happened: questions to a history. */
import type { CounterRecord, HistoryRecord, LedgerEntry } from "../../judge/history/records.js";

type History = readonly HistoryRecord[];
type Evidence = (history: History) => boolean;

export function ledgerOf(history: History): LedgerEntry[] {
  return history.filter((record) => record.k === "ledger");
}

/** Batches while the first fault was in force. */
export function duringFault(history: History): LedgerEntry[] {
  const at = (event: string): number | undefined =>
    history.find((record) => record.k === "fault" && record.event === event)?.at;
  const from = at("injected") ?? Number.POSITIVE_INFINITY;
  const until = at("recovered") ?? Number.POSITIVE_INFINITY;
  return ledgerOf(history).filter((entry) => entry.at >= from && entry.at <= until);
}

/** Some batch of these makes such a change. */
export function some(op: "store" | "remove" | "clear", among: (history: History) => LedgerEntry[]): Evidence {
  return (history) => among(history).some(({ changes }) => changes.some((change) => change.op === op));
}

/** A removal left a block of which a successor is still there: `next` follows `gone` in some prompt. */
export function holed(history: History): boolean {
  const held = new Set<string>();
  const chains = history.flatMap((record) => (record.k === "prompt" ? [record.chain ?? []] : []));
  for (const { changes } of ledgerOf(history)) {
    for (const change of changes) {
      if (change.op === "clear") held.clear();
      else for (const [identity] of change.blocks) held[change.op === "store" ? "add" : "delete"](identity);
    }
    if (chains.some((chain) => chain.some((id, i) => i > 0 && held.has(id) && !held.has(chain[i - 1] as string))))
      return true;
  }
  return false;
}

/** How many batches the first life had, and how many the second had at once. */
export function restarted(compare: (old: number, young: number) => boolean): Evidence {
  return (history) => {
    const first = ledgerOf(history).filter(({ epoch }) => epoch === 1);
    const ready = history.find((record) => record.k === "engine" && record.epoch === 2 && record.event === "ready");
    const young = ledgerOf(history).filter(({ epoch, at }) => epoch === 2 && at === ready?.at);
    return ready !== undefined && first.length > 0 && compare(first.length, young.length);
  };
}

export function counted(what: keyof CounterRecord): Evidence {
  return (history) => history.some((record) => record.k === "counters" && Number(record[what]) > 0);
}

/** The engines stored more different blocks than that. */
export function storedMoreThan(blocks: number): Evidence {
  return (history) => {
    const stored = new Set<string>();
    for (const { changes } of ledgerOf(history)) {
      for (const change of changes)
        if (change.op === "store") for (const [identity] of change.blocks) stored.add(identity);
    }
    return stored.size > blocks;
  };
}

/** It published before the gateway was told of it. */
export function early(history: History): boolean {
  const joined = history.find((record) => record.k === "member");
  return ledgerOf(history).some(({ at }) => joined !== undefined && at < joined.at);
}

/** Every engine of the fleet said something. */
export function everybodySpoke(history: History): boolean {
  const engines = new Set(history.flatMap((record) => (record.k === "engine" ? [record.engine] : [])));
  return new Set(ledgerOf(history).map(({ engine }) => engine)).size === engines.size;
}

/** Somebody was registered after somebody else had left, and published. */
export function succeeded(history: History): boolean {
  const left = history.find((record) => record.k === "member" && record.event === "removed");
  const heir = history.find(
    (record) => record.k === "member" && record.event === "added" && left !== undefined && record.at > left.at,
  );
  return heir?.k === "member" && ledgerOf(history).some(({ engine }) => engine === heir.engine);
}

export function always(): boolean {
  return true;
}
