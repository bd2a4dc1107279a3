/** What the stressors of a pod use, read from /proc by a script in it: needs nothing that an image of ours lacks. */

/** One line per stressor: CPU ticks, resident kB, bytes handed to write. The pattern must not match the script itself. */
export const USAGE_SCRIPT = `for p in /proc/[0-9]*; do
  case "$(tr '\\0' ' ' < $p/cmdline 2>/dev/null)" in
  *"kvproof.js"" stress "*)
    set -- $(sed 's/^.*) //' $p/stat 2>/dev/null)
    ticks=$((\${12:-0} + \${13:-0}))
    rss=$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' $p/status 2>/dev/null)
    io=$(sed -n 's/^wchar: //p' $p/io 2>/dev/null)
    echo "$ticks \${rss:-0} \${io:-0}" ;;
  esac
done
true`;

const TICKS_PER_S = 100;
const BYTES_PER_KB = 1024;

export interface StressUsage {
  readonly processes: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly writtenBytes: number;
}

export const NO_USAGE: StressUsage = { processes: 0, cpuSeconds: 0, rssBytes: 0, writtenBytes: 0 };

export function parseUsage(text: string): StressUsage {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(" ").map(Number))
    .reduce(
      (sum, [ticks = 0, rssKb = 0, written = 0]) => ({
        processes: sum.processes + 1,
        cpuSeconds: sum.cpuSeconds + ticks / TICKS_PER_S,
        rssBytes: sum.rssBytes + rssKb * BYTES_PER_KB,
        writtenBytes: sum.writtenBytes + written,
      }),
      NO_USAGE,
    );
}

export function addUsage(usages: readonly StressUsage[]): StressUsage {
  return usages.reduce(
    (sum, one) => ({
      processes: sum.processes + one.processes,
      cpuSeconds: sum.cpuSeconds + one.cpuSeconds,
      rssBytes: sum.rssBytes + one.rssBytes,
      writtenBytes: sum.writtenBytes + one.writtenBytes,
    }),
    NO_USAGE,
  );
}
