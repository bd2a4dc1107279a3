/** All seeded defects: every file under defects/<area>/ is one. */
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Defect } from "./defect.js";

const folder = fileURLToPath(new URL("defects", import.meta.url));

export interface FiledDefect extends Defect {
  /** The part of the gateway that is broken: the folder's name. */
  readonly area: string;
}

/** In order of area and id. @throws when a file does not export `defect` or its name is not the defect's id. */
export async function loadDefects(): Promise<FiledDefect[]> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort();
  return Promise.all(files.map(load));
}

async function load(file: string): Promise<FiledDefect> {
  const [area = "", name = ""] = file.slice(0, -".ts".length).split(sep);
  const { defect } = (await import(pathToFileURL(join(folder, file)).href)) as { defect?: Defect };
  if (defect?.id !== name) throw new Error(`defects/${file} must export a defect with the id ${name}`);
  return { ...defect, area };
}
