/** The house's import direction (docs/architecture.md): a shared helper between rooms would hide a shared mistake. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

/** Room → rooms (or folders of rooms) it may import besides itself. */
const allowed: Record<string, readonly string[]> = {
  base: [],
  protocol: ["base"],
  engine: ["base", "protocol"],
  gateway: ["base", "protocol"],
  judge: ["base"],
  lab: ["base", "protocol", "judge/history", "streams/tap", "streams/trace", "streams/oracle"],
  campaign: ["base", "lab", "judge"],
  simulate: [
    "base",
    "protocol",
    "engine/cache",
    "engine/publisher",
    "gateway/session",
    "gateway/index",
    "gateway/policy",
    "gateway/ports",
    "judge",
  ],
  bench: ["base", "judge/regression"],
  report: ["base", "judge"],
  streams: ["base", "protocol"],
  cli: ["base", "protocol", "engine", "gateway", "lab", "campaign", "judge", "simulate", "bench", "report", "streams"],
};

/** Folders that touch no clock, randomness, socket, file or process. */
const pure = [
  "protocol",
  "engine/cache",
  "gateway/session",
  "gateway/index",
  "gateway/policy",
  "judge/truth",
  "judge/properties",
  "judge/regression",
];
const impureModules =
  /^node:(fs|net|http|https|child_process|dgram|worker_threads|os|timers)|^(zeromq|undici|pino|hono|@hono)/;
const impureCalls = /\b(Date\.now|Math\.random|setTimeout|setInterval|setImmediate|performance\.now|process\.hrtime)\b/;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: SourceFile[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("testing"))
  .map((name) => {
    const text = readFileSync(join(src, name), "utf8");
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] as string);
    return { path: name.split(sep).join("/"), text, imports };
  });

function roomOf(path: string): string {
  return path.split("/")[0] as string;
}

function resolved(file: SourceFile, specifier: string): string {
  return relative(src, join(src, dirname(file.path), specifier))
    .split(sep)
    .join("/");
}

describe("import boundaries", () => {
  it("knows every room", () => {
    expect([...new Set(files.map((file) => roomOf(file.path)))].filter((room) => !(room in allowed))).toEqual([]);
  });

  it("are never crossed", () => {
    const crossings = files.flatMap((file) =>
      file.imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => resolved(file, specifier))
        .filter((target) => {
          const room = roomOf(file.path);
          if (roomOf(target) === room) return false;
          return !(allowed[room] ?? []).some((prefix) => target === `${prefix}.js` || target.startsWith(`${prefix}/`));
        })
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(crossings).toEqual([]);
  });

  it("pure folders take time, randomness and I/O as parameters", () => {
    const impurities = files
      .filter((file) => pure.some((folder) => file.path.startsWith(`${folder}/`)))
      .flatMap((file) => [
        ...file.imports
          .filter((specifier) => impureModules.test(specifier))
          .map((name) => `${file.path} imports ${name}`),
        ...(impureCalls.test(file.text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ""))
          ? [`${file.path} reads a clock or timer`]
          : []),
      ]);
    expect(impurities).toEqual([]);
  });

  it("no file outgrows 400 lines, and the median stays small", () => {
    const lengths = files.map((file) => ({ path: file.path, lines: file.text.split("\n").length }));
    expect(lengths.filter((file) => file.lines > 401).map((file) => `${file.path}: ${file.lines}`)).toEqual([]);
    const sorted = lengths.map((file) => file.lines).sort((x, y) => x - y);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(80);
  });
});
