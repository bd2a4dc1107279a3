/**
 * Delta debugging: the smallest part of a list that still fails, in the sense that leaving out any one item more would not
 * (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). Deterministic.
 */

/** @param fails is asked for parts in their order; never for the empty one. */
export async function ddmin<T>(
  items: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let left = items;
  let pieces = 2;
  while (left.length >= 2) {
    const size = Math.ceil(left.length / pieces);
    let smaller: readonly T[] | null = null;
    for (let at = 0; at < left.length && smaller === null; at += size) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (without.length > 0 && (await fails(without))) smaller = without;
    }
    if (smaller !== null) {
      left = smaller;
      pieces = Math.max(2, pieces - 1);
    } else if (size === 1) return left;
    else pieces = Math.min(left.length, pieces * 2);
  }
  return left;
}
