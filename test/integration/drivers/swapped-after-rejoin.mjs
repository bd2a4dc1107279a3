/** Slots by position: once an engine has left and come back, the first two engines bear each other's numbers. */
import { serve } from "./gateway-driver.mjs";

const known = new Set();
let left = false;
let swapped = false;

serve("swapped-after-rejoin", async (method, params, ask) => {
  if (method === "engine.remove") left = true;
  if (method === "engine.add") {
    swapped ||= left;
    known.add(params.engine);
  }
  const answer = await ask(method, params);
  if (method !== "match" || !swapped) return answer;
  const [first, second] = [...known].sort((a, b) => a.localeCompare(b));
  const { [first]: a = 0, [second]: b = 0, ...others } = answer.engines;
  return { engines: { ...others, [first]: b, [second]: a } };
});
