import { request } from "undici";

const TIMEOUT_MS = 1000;

/** The engine answers `GET /health` with 200. Rejects when nobody answers. */
export async function answersHealth(url: string): Promise<boolean> {
  const response = await request(`${url}/health`, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  await response.body.dump();
  return response.statusCode === 200;
}
