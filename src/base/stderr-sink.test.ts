import { describe, expect, it } from "vitest";
import { StderrSink } from "./stderr-sink.js";

/** A disk with so much space, and what was written to it. */
function aDisk(space: number): { text: string; space: number; write: (bytes: Buffer, offset: number) => number } {
  const disk = {
    text: "",
    space,
    write(bytes: Buffer, offset: number): number {
      const fits = Math.min(disk.space, bytes.length - offset);
      if (fits === 0) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      disk.text += bytes.toString("utf8", offset, offset + fits);
      disk.space -= fits;
      return fits;
    },
  };
  return disk;
}

const sinkOn = (write: (bytes: Buffer, offset: number) => number): StderrSink =>
  new StderrSink((lost, why) => `lost ${lost} (${why})\n`, write);

describe("a log on a full disk", () => {
  it("costs lines, not the process, and says how many once there is space again", () => {
    const disk = aDisk(10);
    const sink = sinkOn(disk.write);
    for (const line of ["one\n", "two\n", "three\n", "four\n"]) sink.write(line);
    expect(disk.text).toBe("one\ntwo\nth");
    disk.space = 1000;
    sink.write("five\n");
    sink.write("six\n");
    expect(disk.text).toBe("one\ntwo\nth\nlost 2 (ENOSPC)\nfive\nsix\n");
  });

  it("waits for a slow reader of a pipe instead of dropping", () => {
    const disk = aDisk(1000);
    let busy = 3;
    const sink = sinkOn((bytes, offset) => {
      if (busy-- > 0) throw Object.assign(new Error("busy"), { code: "EAGAIN" });
      return disk.write(bytes, offset);
    });
    sink.write("one\n");
    expect(disk.text).toBe("one\n");
  });
});
