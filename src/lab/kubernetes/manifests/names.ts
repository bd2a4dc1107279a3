/** Names of what the lab makes, and names that Kubernetes accepts: lower case letters, digits and dashes, at most 63 characters. */
const MAX_LENGTH = 63;

/** Of the gateway's pod, and of its account, role and binding in deploy/base where it discovers engines. */
export const GATEWAY_NAME = "gateway";
/** ConfigMap with the files of real engines' tiny model. */
export const MODEL_MAP = "tiny-model";

/** `Llama_8B/1` → `llama-8b-1`; `suffix` makes it unique and is never cut off. */
export function kubeName(text: string, suffix: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, MAX_LENGTH - suffix.length - 1)
    .replace(/-+$/, "");
  return `${plain || "x"}-${suffix}`;
}
