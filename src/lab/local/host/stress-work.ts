/** The lab's own stressors, for machines without stress-ng: one process each, ended by a signal or with its parent. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { delay } from "../../../base/async.js";

/** A burner works and rests within this, so that a share of the time is a share at every scale that matters. */
const CYCLE_MS = 20;
const CHUNK_BYTES = 1024 * 1024;

export async function burnCpu(loadPercent: number): Promise<never> {
  const busyMs = (CYCLE_MS * loadPercent) / 100;
  for (;;) {
    const until = performance.now() + busyMs;
    while (performance.now() < until);
    await delay(CYCLE_MS - busyMs);
  }
}

/** Touches every page, so that the memory is really taken. */
export async function holdMemory(megabytes: number): Promise<never> {
  const held: Buffer[] = [];
  for (let i = 0; i < megabytes; i++) {
    held.push(Buffer.alloc(CHUNK_BYTES, 1));
    if (i % 16 === 0) await delay(0);
  }
  for (;;) {
    await delay(1000);
    // Read now and then, so that it stays in memory.
    for (const chunk of held) chunk.readUInt8(0);
  }
}

/** Writes a file up to its size with an fsync per megabyte, then again from the start. */
export async function writeDisk(file: string, megabytes: number): Promise<never> {
  const fd = openSync(file, "w");
  process.once("exit", () => closeSync(fd));
  const chunk = Buffer.alloc(CHUNK_BYTES, 1);
  for (let i = 0; ; i = (i + 1) % megabytes) {
    writeSync(fd, chunk, 0, chunk.length, i * CHUNK_BYTES);
    fsyncSync(fd);
    await delay(0);
  }
}
