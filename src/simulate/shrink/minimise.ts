/** The smallest part of a list that still shows something: delta debugging (Zeller's ddmin), in halves, then smaller pieces. */

/** `stillShows` is asked about candidates until it says that the budget is used up by answering null. */
export async function minimise<T>(
  items: readonly T[],
  stillShows: (candidate: readonly T[]) => Promise<boolean | null>,
): Promise<readonly T[]> {
  let best = items;
  for (let pieces = 2; best.length > 0; ) {
    const size = Math.ceil(best.length / pieces);
    let reduced = false;
    for (let from = 0; from < best.length; ) {
      const candidate = [...best.slice(0, from), ...best.slice(from + size)];
      const shows = await stillShows(candidate);
      if (shows === null) return best;
      if (shows) {
        best = candidate;
        reduced = true;
      } else from += size;
    }
    if (size <= 1 && !reduced) return best;
    if (!reduced) pieces = Math.min(best.length, pieces * 2);
    else pieces = Math.max(2, Math.min(pieces, best.length));
  }
  return best;
}
