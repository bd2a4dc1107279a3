/** Names that Kubernetes accepts: lower case letters, digits and dashes, at most 63 characters. */
const MAX_LENGTH = 63;

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
