/** Events of a namespace as lines, in the order in which they happened. Pure. */
import type { CoreV1Event } from "@kubernetes/client-node";

export function eventLines(events: readonly CoreV1Event[]): string[] {
  const timed = events.map((event) => ({ event, at: timeOf(event) }));
  return timed
    .toSorted((a, b) => a.at - b.at)
    .map(({ event, at }) => {
      const { type, reason, message, count, involvedObject } = event;
      const times = count !== undefined && count > 1 ? ` (${count} times)` : "";
      return `${new Date(at).toISOString()} ${type} ${involvedObject.kind}/${involvedObject.name} ${reason}: ${message}${times}\n`;
    });
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp, metadata }: CoreV1Event): number {
  const times = [lastTimestamp, eventTime, firstTimestamp, metadata.creationTimestamp].map((time) =>
    Number(time ?? NaN),
  );
  return times.find((time) => !Number.isNaN(time)) ?? 0;
}
