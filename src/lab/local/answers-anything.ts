/** Whether somebody speaks HTTP at a URL, whatever the answer: all that can be asked of a system that is not known yet. */
import { request } from "undici";

const LOOK_TIMEOUT_MS = 1_000;

export async function answersAnything(url: string): Promise<true> {
  const response = await request(`${url}/health`, { headersTimeout: LOOK_TIMEOUT_MS, bodyTimeout: LOOK_TIMEOUT_MS });
  await response.body.dump();
  return true;
}
