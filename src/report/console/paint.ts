/** Colours, decided for each stream by itself: a terminal gets them, a pipe or file never, unless FORCE_COLOR says so. */
import pc from "picocolors";

export type Paint = ReturnType<typeof pc.createColors>;

export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  return pc.createColors(wantsColours(stream, env));
}

/** https://no-color.org and https://force-color.org: what counts is that a variable is set and not empty. */
function wantsColours(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}
