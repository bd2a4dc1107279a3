/** Where programs are. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a program, also in the folders of administration that a user's PATH may lack; null = not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  for (const folder of folders.filter((entry) => entry !== "")) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not here.
    }
  }
  return null;
}
