/** Where the processor's time, and memory, went: a flame graph per process and the functions that took most. */
import { hottest, totalOf } from "../../base/profile/profile-tree.js";
import { formatBytes, formatMs } from "../format.js";
import type { ProcessProfile } from "../profiles.js";
import { flameGraph } from "./flame-graph.js";
import { escapeHtml, section, table } from "./markup.js";

const MOST_FUNCTIONS = 12;
const US_PER_MS = 1000;

export function profilesSection(profiles: readonly ProcessProfile[]): string {
  if (profiles.length === 0) return "";
  const lead =
    "Taken around the measured phase. Frames are as wide as their share, callers above; hold the pointer on one for its place and value. The files in profiles/ open in Chrome (.cpuprofile, .heapprofile) and in pprof (.pb.gz).";
  return section("profiles", "Profiles", profiles.map(profile).join("\n"), lead);
}

function profile({ process, kind, tree }: ProcessProfile): string {
  const shown = kind === "cpu" ? milliseconds : formatBytes;
  const title = kind === "cpu" ? "processor time" : "memory allocated and alive at the end";
  const whole = totalOf(tree);
  const rows = hottest(tree)
    .slice(0, MOST_FUNCTIONS)
    .map(({ name, file, self }) => [name, file, shown(self), `${((self / whole) * 100).toFixed(1)} %`]);
  const graph = flameGraph(`flame graph of ${process}, ${title}`, tree, shown);
  const empty = graph === "" ? '<p class="muted">Nothing was sampled.</p>' : `<div class="chart">${graph}</div>`;
  return `<h3>${escapeHtml(process)}: ${title}</h3>${empty}${table(["function", "file", "itself", "share"], rows)}`;
}

const milliseconds = (us: number): string => formatMs(us / US_PER_MS);
