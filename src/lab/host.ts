/** What a lab can do to the machine under its processes. Everything is bounded, measured, and taken back by `end`. */

/** One strain on the machine. Looks are bounded and neither heal nor harm. */
export interface HostStrain {
  /** What was measured, for people; null = nothing to see yet. */
  seen(): Promise<string | null>;
  /** Takes it back; idempotent. Rejects (KvproofError) with what to clean up by hand. */
  end(): Promise<void>;
  /** What shows that nothing of it is left; null = something is. */
  gone(): Promise<string | null>;
}

/** Memory cgroups around running engines. */
export interface MemoryLimit extends HostStrain {
  /** How often the kernel has killed in the engine's group. */
  kills(engine: string): number;
  /** MiB that the engine must take to outgrow its limit; absent = beyond those that it was given. */
  growTo?(engine: string): number;
}

export interface HostPort {
  /** Burners on all cores, each for `loadPercent` of the time. */
  burnCpu(load: { readonly workers: number; readonly loadPercent: number }): Promise<HostStrain>;
  /** Refused (KVP_E_SCENARIO_IMPOSSIBLE) beyond half of what is available. */
  fillMemory(load: { readonly megabytes: number }): Promise<HostStrain>;
  /** Writers with fsync on the disk of the run directory, at most `megabytes` on disk each. */
  stressDisk(load: { readonly workers: number; readonly megabytes: number }): Promise<HostStrain>;
  /**
   * Each engine may take `megabytes` more than it has now, or what the limit that it already has leaves; the kernel kills it when it
   * takes more.
   */
  limitMemory(engines: readonly string[], megabytes: number): Promise<MemoryLimit>;
  /** Fills the volumes that hold what these processes write: "gateway" or engine names. */
  fillVolumes(processes: readonly string[]): Promise<HostStrain>;
}
