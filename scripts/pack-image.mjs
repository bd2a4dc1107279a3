/**
 * The folder that an image of kvproof holds as /app: the built command line, deploy/ and the production dependencies, without what
 * only people read. Usage: node scripts/pack-image.mjs <folder>
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const to = process.argv[2];
if (!to) {
  console.error("usage: node scripts/pack-image.mjs <folder>");
  process.exit(64);
}
if (!existsSync(join(root, "dist", "kvproof.js"))) {
  console.error("dist/ is missing; run npm run build");
  process.exit(69);
}
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
const idle = /\.(d\.[cm]?ts|map|md|markdown)$|\/(test|tests|docs|example|examples)$/;
for (const name of ["package.json", "dist", "deploy"])
  cpSync(join(root, name), join(to, name), { recursive: true, filter: (path) => !path.endsWith(".map") });

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
for (const [path, { dev, devOptional, optional }] of Object.entries(packages)) {
  if (!path.startsWith("node_modules/") || dev || devOptional) continue;
  const from = join(root, path);
  if (!existsSync(from)) {
    if (optional) continue;
    console.error(`${path} is not installed; run npm ci`);
    process.exit(69);
  }
  cpSync(from, join(to, path), {
    recursive: true,
    dereference: true,
    filter: (one) => one === from || !idle.test(one),
  });
}
