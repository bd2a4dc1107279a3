/** One image, made two ways: what a cluster runs must be what was built and tested here. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const dockerfile = read("Dockerfile");
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();

describe("the image", () => {
  const folder = mkdtempSync(join(tmpdir(), "kvproof-image-"));
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, "scripts/image.mjs"), folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("holds what npm run build gives, whole", () => {
    expect(filesOf(join(folder, "dist"))).toEqual(filesOf(join(root, "dist")));
  });

  it("holds the modules that run and none of those that build", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const present = (name: string): boolean => existsSync(join(folder, "node_modules", name));
    expect(Object.keys(dependencies ?? {}).filter((name) => !present(name))).toEqual([]);
    // What runs may itself depend on a package that is also needed to build.
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, { dev?: boolean }> };
    const onlyToBuild = Object.keys(devDependencies ?? {}).filter(
      (name) => packages[`node_modules/${name}`]?.dev === true,
    );
    expect(onlyToBuild.length).toBeGreaterThan(10);
    expect(onlyToBuild.filter(present)).toEqual([]);
    expect(existsSync(join(folder, "node_modules/zeromq/build/win32"))).toBe(false);
  });

  it("runs from its own folder, with nothing of the checkout", () => {
    const [program = "", ...args] = entrypoint().map((word) => word.replace(/^\/app\//, `${folder}/`));
    const options = { cwd: folder, env: { PATH: process.env.PATH }, encoding: "utf8" } as const;
    expect(execFileSync(program, [...args, "--version"], options).trim()).toMatch(/^\d+\.\d+\.\d+$/);
    expect(execFileSync(program, [...args, "scenario", "validate", "test/e2e"], options)).toMatch(
      /ok {2}test\/e2e\/happy-path/,
    );
    // The native module is found and loads.
    expect(execFileSync(program, ["-e", "require('zeromq').version"], options)).toBe("");
  });

  it("is what the Dockerfile copies, and nothing else", () => {
    const stage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
    expect([...stage.matchAll(/^(?:COPY|ADD) (.*)$/gm)].map(([, what]) => what)).toEqual(["--from=build /image /app"]);
    expect(dockerfile).toMatch(/^RUN npm run build && node scripts\/image\.mjs \/image$/m);
  });

  it("reaches the builder with all that the layout and the build read", () => {
    const sent = read(".dockerignore")
      .split("\n")
      .flatMap((line) => (line.startsWith("!") ? line.slice(1) : []));
    const isSent = (path: string): boolean => sent.some((given) => path === given || path.startsWith(`${given}/`));
    const wanted = [...read("scripts/image.mjs").matchAll(/^const FILES = \[(.*)\];$/gm)].flatMap(([, list = ""]) =>
      [...list.matchAll(/"([^"]+)"/g)].map(([, path]) => path as string),
    );
    const built = [...read("scripts/build.mjs").matchAll(/: "((?:src|test)\/[^"]+)"/g)].map(
      ([, path]) => path as string,
    );
    expect(wanted).toContain("dist");
    expect(built.length).toBeGreaterThan(1);
    expect([...wanted, ...built].filter((path) => path !== "dist" && !isSent(path))).toEqual([]);
  });

  it("runs as nobody, from a base that cannot change under us", () => {
    const stage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
    expect(stage).toMatch(/^USER 65534:65534$/m);
    expect(dockerfile).toMatch(/^ARG NODE=node:\d+\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/m);
    expect([...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)).toEqual(["${NODE}", "${NODE}"]);
  });
});

function entrypoint(): string[] {
  const [, json = "[]"] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  return JSON.parse(json) as string[];
}
