/** A system under test that speaks the driver protocol on its pipes. Whether it speaks it is the driver's to find out. */
import { UnavailableError } from "../../base/errors.js";
import type { GatewayHandle, SutLaunch } from "../ports.js";
import { describeExit } from "./child-process.js";
import type { PodContext } from "./engine-pod.js";
import { ForeignProcess } from "./foreign-process.js";
import type { GatewayPlace } from "./gateway-process.js";
import type { SutProcess } from "./sut-process.js";

export class StdioProcess extends ForeignProcess implements SutProcess {
  readonly place: GatewayPlace;
  readonly #context: PodContext;

  constructor(context: PodContext, launch: Extract<SutLaunch, { kind: "stdio" }>, place: GatewayPlace) {
    super(context, { command: launch.command, args: launch.args, env: {}, output: "pipes" });
    this.#context = context;
    this.place = place;
  }

  async ready(): Promise<GatewayHandle> {
    const { pipes, pid } = this.process;
    if (pipes === null || pid === null) {
      this.expectExit();
      // What kept it from starting is told with its end.
      return (await this.process.ready(0)) as never;
    }
    return {
      url: "",
      adminToken: this.place.adminToken,
      logFile: this.process.command.logFile,
      stdio: {
        ...pipes,
        exited: this.process.exited.then(describeExit),
        hinderedSince: (at) => this.hinderedSince(at),
        expectExit: () => this.expectExit(),
        logTail: () => this.process.logTail(),
        fail: (error) =>
          this.#context.observer.gatewayLost(new UnavailableError(error.code, error.message, { cause: error })),
      },
    };
  }
}
