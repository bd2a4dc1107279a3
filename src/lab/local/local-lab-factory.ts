/** Opens labs on this machine and, as a last resort, kills all that they started. */
import { type Clock, systemClock } from "../../base/clock.js";
import { Rng } from "../../base/rng.js";
import type { Lab, LabCapability, LabFactory, LabOptions } from "../ports.js";
import { vllmPython } from "../vllm/vllm-python.js";
import { AddressPool } from "./addresses.js";
import { type Machine, thisMachine } from "./host/machine.js";
import { capabilitiesOn, LocalLab } from "./local-lab.js";
import { blocksInUse, endLeftovers } from "./run-registry.js";

export class LocalLabFactory implements LabFactory {
  readonly kind: Lab["kind"] = "local";
  readonly capabilities: ReadonlySet<LabCapability>;
  readonly dialects: readonly string[];
  readonly #clock: Clock;
  readonly #bindable: ((address: string) => Promise<boolean>) | undefined;
  readonly #machine: Machine;
  readonly #open = new Set<LocalLab>();

  constructor(
    dialects: readonly string[],
    clock: Clock = systemClock,
    bindable?: (address: string) => Promise<boolean>,
    machine = thisMachine(),
  ) {
    this.dialects = dialects;
    this.#machine = machine;
    this.capabilities = capabilitiesOn(this.#machine);
    this.#clock = clock;
    this.#bindable = bindable;
  }

  reasonWithout(capability: LabCapability): string | null {
    if (this.capabilities.has(capability)) return null;
    return this.#machine.abilities.get(capability) ?? `the local lab has no ${capability}`;
  }

  refuses(_fault: string): string | null {
    return null;
  }

  endLeftovers(): Promise<readonly string[]> {
    return endLeftovers();
  }

  async open(options: LabOptions): Promise<Lab> {
    // Said before anything starts.
    if (options.vllm === true) vllmPython();
    const addresses = await AddressPool.open(blocksInUse(), new Rng(process.pid ^ this.#clock.nowNs()), this.#bindable);
    const netns = this.kind === "netns";
    const lab = new LocalLab({ options, addresses, clock: this.#clock, machine: this.#machine, netns });
    this.#open.add(lab);
    return lab;
  }

  killAll(): void {
    for (const lab of this.#open) lab.kill();
    this.#open.clear();
  }
}
