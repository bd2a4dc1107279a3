/** Where engines of a local lab live: on loopback addresses, or in a network namespace of their own. */
import { type AddressPool, freePortRun } from "./addresses.js";

export interface EngineNetwork {
  /** An address that this run has not used before (or the shared one). */
  take(): string;
  /** First of `count` consecutive ports that are free on the address. */
  portRun(address: string, count: number): Promise<number>;
  /** How a program is started so that it lives there. */
  inside(program: string, args: readonly string[]): { readonly program: string; readonly args: readonly string[] };
}

export function loopbackNetwork(addresses: AddressPool): EngineNetwork {
  return {
    take: () => addresses.take(),
    portRun: freePortRun,
    inside: (program, args) => ({ program, args }),
  };
}
