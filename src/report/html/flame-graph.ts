/** A flame graph as SVG, roots at the top: a frame is as wide as its share of the whole, and stands below its caller. */
import { type ProfileTree, totalOf } from "../../base/profile/profile-tree.js";
import { escapeHtml } from "./markup.js";

const WIDTH = 1120;
const ROW = 17;
/** Narrower frames are not drawn; nobody could see or hit them. */
const LEAST_WIDTH = 1.2;
const MAX_DEPTH = 60;
const MAX_FRAMES = 3000;
/** Of the text, at its size. */
const CHARACTER_WIDTH = 6.4;
const LEAST_CHARACTERS = 3;
const COLOURS = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6"];

interface Frame {
  readonly tree: ProfileTree;
  readonly x: number;
  readonly width: number;
  readonly depth: number;
  readonly total: number;
}

/** `shown`: a value for people, with its unit. */
export function flameGraph(label: string, tree: ProfileTree, shown: (value: number) => string): string {
  const whole = totalOf(tree);
  if (!(whole > 0)) return "";
  const frames = laidOut(tree, whole);
  const height = (Math.max(...frames.map(({ depth }) => depth)) + 1) * ROW;
  const drawn = frames.map((frame) => drawFrame(frame, whole, shown));
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(label)}" font-family="monospace" font-size="11">${drawn.join("")}</svg>`;
}

/** Breadth first, so that what is cut off is the deepest. Callees in order of their names, so that the same code looks the same. */
function laidOut(root: ProfileTree, whole: number): Frame[] {
  const frames: Frame[] = [{ tree: root, x: 0, width: WIDTH, depth: 0, total: whole }];
  for (let next = 0; next < frames.length && frames.length < MAX_FRAMES; next++) {
    const { tree, x, depth } = frames[next] as Frame;
    if (depth + 1 >= MAX_DEPTH) continue;
    let at = x;
    for (const child of merged(tree.children)) {
      const total = totalOf(child);
      const width = (total / whole) * WIDTH;
      if (width >= LEAST_WIDTH) frames.push({ tree: child, x: at, width, depth: depth + 1, total });
      at += width;
    }
  }
  return frames;
}

/** One frame per function: V8 tells call sites of one function apart. */
function merged(children: readonly ProfileTree[]): ProfileTree[] {
  const byFunction = new Map<string, ProfileTree>();
  for (const child of children) {
    const key = `${child.name}\n${child.file}\n${child.line}`;
    const known = byFunction.get(key);
    const both = { self: (known?.self ?? 0) + child.self, children: [...(known?.children ?? []), ...child.children] };
    byFunction.set(key, { ...child, ...both });
  }
  return [...byFunction.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function drawFrame({ tree, x, width, depth, total }: Frame, whole: number, shown: (value: number) => string): string {
  const { name, file, line, self } = tree;
  const where = file === "" ? "" : ` (${file}:${line})`;
  const share = ((total / whole) * 100).toFixed(1);
  const title = `${name}${where}: ${shown(total)}, ${share} %; itself ${shown(self)}`;
  const room = Math.floor((width - 4) / CHARACTER_WIDTH);
  const text =
    room < LEAST_CHARACTERS
      ? ""
      : `<text x="${(x + 3).toFixed(1)}" y="${depth * ROW + 12}" fill="var(--ink)">${escapeHtml(name.slice(0, room))}</text>`;
  const rect = `<rect x="${x.toFixed(1)}" y="${depth * ROW}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="var(${colourOf(file)})" fill-opacity="0.35"/>`;
  return `<g><title>${escapeHtml(title)}</title>${rect}${text}</g>`;
}

/** By file, so that rooms of the house are told apart. */
function colourOf(file: string): string {
  let sum = 0;
  for (const character of file) sum = (sum * 31 + character.charCodeAt(0)) % 9973;
  return COLOURS[sum % COLOURS.length] as string;
}
