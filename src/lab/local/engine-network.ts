/** Where engines of a local lab live: on loopback addresses, or in a network namespace of their own. */
import { type AddressPool, freePortRun, SharedPorts } from "./addresses.js";

export interface EngineNetwork {
  /** An address that this run has not used before (or the shared one). */
  take(): string;
  /** First of `count` consecutive ports that are free on the address. */
  portRun(address: string, count: number): Promise<number>;
  /** First of `count` consecutive ports that are free on every address there, and that this run has not used before. */
  sharedPortRun(count: number): Promise<number>;
  /** How a program is started so that it lives there. */
  inside(program: string, args: readonly string[]): { readonly program: string; readonly args: readonly string[] };
}

export function loopbackNetwork(addresses: AddressPool): EngineNetwork {
  const shared = new SharedPorts();
  return {
    take: () => addresses.take(),
    portRun: freePortRun,
    sharedPortRun: (count) => shared.run(count),
    inside: (program, args) => ({ program, args }),
  };
}
