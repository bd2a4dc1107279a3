/** CPU, memory and disk under load: what is started, and what shows that the machine feels it. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { UnavailableError, UsageError } from "../../../base/errors.js";
import type { HostStrain } from "../../host.js";
import { Stressors, type StressorPlace } from "./stressors.js";

const BYTES_PER_MEGABYTE = 1024 * 1024;
/** A burner that gets less than this share of what it asked for, beside everything else that runs, has no effect. */
const MIN_CPU_SHARE = 0.2;
const MIN_MEMORY_SHARE = 0.9;
/** A look shorter than this after the start says nothing: CPU time is counted in ticks of 10 ms. */
const MIN_LOOK_MS = 300;
const MIN_WRITTEN_MEGABYTES = 4;
const MAX_MEMORY_SHARE = 0.5;

export abstract class ProcessStrain implements HostStrain {
  protected readonly stressors: Stressors;
  protected readonly began = performance.now();
  #last = "never measured";

  constructor(stressors: Stressors) {
    this.stressors = stressors;
  }

  protected abstract measure(): Promise<string | null>;
  protected tidy(): void {
    // Processes leave nothing but files, which only some of them have.
  }

  async seen(): Promise<string | null> {
    const failure = this.stressors.failure();
    if (failure !== null) throw new UnavailableError("KVP_E_HOST", failure);
    const measured = await this.measure();
    this.#last = measured ?? this.#last;
    return measured;
  }

  async end(): Promise<void> {
    await this.stressors.end();
    this.tidy();
  }

  kill(): void {
    this.stressors.kill();
  }

  gone(): Promise<string | null> {
    const { processes } = this.stressors.usage();
    return Promise.resolve(processes > 0 ? null : `no stressor is left; before: ${this.#last}`);
  }
}

export class CpuStrain extends ProcessStrain {
  readonly #asked: number;
  readonly #loop = monitorEventLoopDelay({ resolution: 5 });

  constructor(
    place: StressorPlace,
    { workers, loadPercent }: { readonly workers: number; readonly loadPercent: number },
  ) {
    super(
      new Stressors(place, {
        name: "cpu",
        stressNg: ["--cpu", String(workers), "--cpu-load", String(loadPercent)],
        own: Array.from({ length: workers }, () => ["cpu", "--load", String(loadPercent)]),
      }),
    );
    this.#asked = Math.min(workers * (loadPercent / 100), availableParallelism());
    this.#loop.enable();
  }

  protected measure(): Promise<string | null> {
    const elapsedS = (performance.now() - this.began) / 1000;
    const { cpuSeconds, processes } = this.stressors.usage();
    const cores = cpuSeconds / elapsedS;
    if (elapsedS * 1000 < MIN_LOOK_MS || cores < this.#asked * MIN_CPU_SHARE) return Promise.resolve(null);
    const late = (this.#loop.percentile(99) / 1e6).toFixed(1);
    return Promise.resolve(
      `${this.stressors.tool}: ${processes} processes use ${cores.toFixed(2)} of ${availableParallelism()} cores; timers of the runner are up to ${late} ms late (p99)`,
    );
  }

  protected override tidy(): void {
    this.#loop.disable();
  }
}

export class MemoryStrain extends ProcessStrain {
  readonly #megabytes: number;
  readonly #availableBefore = availableMegabytes();

  constructor(place: StressorPlace, { megabytes }: { readonly megabytes: number }) {
    const available = availableMegabytes();
    if (megabytes > available * MAX_MEMORY_SHARE) {
      throw new UsageError(
        "KVP_E_SCENARIO_IMPOSSIBLE",
        `${megabytes} MiB are more than half of the ${available} MiB available here; the machine itself must not suffer`,
      );
    }
    super(
      new Stressors(place, {
        name: "memory",
        stressNg: ["--vm", "1", "--vm-bytes", `${megabytes}m`, "--vm-keep", "--vm-method", "write64"],
        own: [["memory", "--megabytes", String(megabytes)]],
      }),
    );
    this.#megabytes = megabytes;
  }

  protected measure(): Promise<string | null> {
    const held = Math.round(this.stressors.usage().rssBytes / BYTES_PER_MEGABYTE);
    if (held < this.#megabytes * MIN_MEMORY_SHARE) return Promise.resolve(null);
    return Promise.resolve(
      `${this.stressors.tool} hold ${held} MiB; available on the machine: ${this.#availableBefore} MiB before, ${availableMegabytes()} MiB now`,
    );
  }
}

export class DiskStrain extends ProcessStrain {
  readonly #folder: string;

  constructor(place: StressorPlace, { workers, megabytes }: { readonly workers: number; readonly megabytes: number }) {
    const folder = join(place.dir, "stress");
    mkdirSync(folder, { recursive: true });
    super(
      new Stressors(place, {
        name: "disk",
        stressNg: [
          "--hdd",
          String(workers),
          "--hdd-bytes",
          `${megabytes}m`,
          "--hdd-opts",
          "fsync",
          "--temp-path",
          folder,
        ],
        own: Array.from({ length: workers }, (_, i) => [
          "disk",
          "--file",
          join(folder, `worker-${i}`),
          "--megabytes",
          String(megabytes),
        ]),
      }),
    );
    this.#folder = folder;
  }

  protected async measure(): Promise<string | null> {
    const elapsedS = (performance.now() - this.began) / 1000;
    const written = this.stressors.usage().writtenBytes / BYTES_PER_MEGABYTE;
    if (written < MIN_WRITTEN_MEGABYTES) return null;
    const fsyncMs = await fsyncTime(join(this.#folder, "probe"));
    return `${this.stressors.tool} wrote ${Math.round(written)} MiB, ${(written / elapsedS).toFixed(0)} MiB/s; an fsync of 4 KiB beside them took ${fsyncMs.toFixed(1)} ms`;
  }

  protected override tidy(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function availableMegabytes(): number {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  return Math.floor(Number(kib ?? 0) / 1024);
}

async function fsyncTime(path: string): Promise<number> {
  const began = performance.now();
  const file = await open(path, "w");
  try {
    await file.write(Buffer.alloc(4096, 1));
    await file.sync();
    return performance.now() - began;
  } finally {
    await file.close();
  }
}
