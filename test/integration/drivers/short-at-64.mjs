/** A bit that a counter has too few: a match of exactly 64 blocks is reported as 63. */
import { serve } from "./gateway-driver.mjs";

serve("short-at-64", async (method, params, ask) => {
  const answer = await ask(method, params);
  if (method !== "match") return answer;
  const engines = Object.entries(answer.engines).map(([name, blocks]) => [name, blocks === 64 ? 63 : blocks]);
  return { engines: Object.fromEntries(engines) };
});
