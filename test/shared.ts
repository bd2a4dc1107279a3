/** The reference material that lies beside the checkout, when it does. Tests that need it skip with this reason otherwise. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../shared/", import.meta.url));

export const sharedAvailable = existsSync(root);
export function sharedPath(path: string): string {
  return `${root}${path}`;
}
