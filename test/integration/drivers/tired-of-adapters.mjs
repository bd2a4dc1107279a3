/** A table of adapters that is full after 100 questions: from then on every adapter is taken for the base model. */
import { serve } from "./gateway-driver.mjs";

const ADAPTER_QUESTIONS = 100;
let asked = 0;

serve("tired-of-adapters", (method, params, ask) => {
  if (method !== "match") return ask(method, params);
  const full = ++asked > ADAPTER_QUESTIONS;
  return ask(method, full ? { ...params, lora: null } : params);
});
