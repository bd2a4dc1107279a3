/** A cache in front of the index: the same question gets the same answer for two seconds. */
import { serve } from "./gateway-driver.mjs";

const KEPT_MS = 2_000;
const answers = new Map();

serve("old-snapshot", async (method, params, ask) => {
  if (method !== "match") return ask(method, params);
  const key = JSON.stringify(params);
  const kept = answers.get(key);
  if (kept !== undefined && Date.now() - kept.at < KEPT_MS) return kept.answer;
  const answer = await ask(method, params);
  answers.set(key, { at: Date.now(), answer });
  return answer;
});
