/** The driver for whatever stands in the gateway's place. */
import type { GatewaySpec } from "../ports.js";
import { indexerDriver } from "./indexer-driver.js";
import { kvproofGatewayDriver } from "./kvproof-gateway.js";
import type { SutDriver } from "./port.js";
import { stdioDriver } from "./stdio-driver.js";

export function driverFor(spec: GatewaySpec): SutDriver {
  const { launch } = spec;
  if (launch === undefined) return kvproofGatewayDriver(spec);
  return withheld(launch.kind === "stdio" ? stdioDriver(launch) : indexerDriver(launch), spec);
}

/** Where a scenario gives the system no events, or no replay, it is not told where they are. */
function withheld(driver: SutDriver, { events, replay }: GatewaySpec): SutDriver {
  if (events && replay) return driver;
  return {
    ...driver,
    connect: async (gateway, seed) => {
      const sut = await driver.connect(gateway, seed);
      const addEngine = sut.addEngine.bind(sut);
      sut.addEngine = (engine) => {
        const ranks = events ? engine.ranks.map((rank) => ({ ...rank, replay: null })) : [];
        return addEngine({ ...engine, ranks });
      };
      return sut;
    },
  };
}
