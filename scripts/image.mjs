/**
 * `node scripts/image.mjs FOLDER`: lays out what an image of kvproof holds under /app, from a built checkout. The Dockerfile takes
 * the same folder as those who pack an image without Docker, so that both are one image: engine, gateway, relay and runner.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/image.mjs FOLDER");
  process.exit(64);
}
if (!existsSync(join(root, "dist/kvproof.js"))) {
  console.error(`${join(root, "dist")} is missing: run npm run build`);
  process.exit(69);
}

/** The bundle, the manifests and scenarios that commands read, and what says whose it is. */
const FILES = ["package.json", "LICENSE", "dist", "deploy", "test/e2e", "test/chaos/experiments"];
/** zeromq brings binaries of every system. */
const OTHER_SYSTEMS = /[\\/]zeromq[\\/](build[\\/](darwin|win32)|src|script)([\\/]|$)/;

const copied = FILES.filter((path) => existsSync(join(root, path)));
for (const path of copied) copy(path);

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const modules = Object.entries(packages)
  .filter(([path, { dev, devOptional }]) => path.startsWith("node_modules/") && !dev && !devOptional)
  .map(([path]) => path)
  .filter((path) => existsSync(join(root, path)));
for (const path of modules) copy(path);

// The image runs as nobody, who must get in, even where the folder was made for one user alone.
chmodSync(folder, 0o755);
const bundle = readdirSync(join(folder, "dist")).filter((name) => name.endsWith(".js")).length;
console.log(`${folder}: ${copied.join(", ")} (${bundle} scripts), ${modules.length} modules`);

function copy(path) {
  const from = join(root, path);
  const nested = join(from, "node_modules");
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(from, join(folder, path), {
    recursive: true,
    // Nested modules have entries of their own.
    filter: (file) => file !== nested && !OTHER_SYSTEMS.test(file),
  });
}
