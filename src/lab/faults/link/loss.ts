/** link.loss: segments get lost and are sent again. Evidence: how many, and the lateness they caused where it is known. */
import { z } from "zod";
import { UsageError } from "../../../base/errors.js";
import { disturb } from "../disturbed-links.js";
import type { Fault } from "../fault.js";
import { ports } from "../link-parameters.js";

const parameters = z.strictObject({
  percent: z.number().gt(0).max(90).meta({ description: "Share of TCP segments that get lost, each way" }),
  backend: z.enum(["auto", "relay", "netns"]).default("auto").meta({
    description:
      "auto: what the lab has. netns: the kernel loses packets (--lab netns). relay: emulated by what TCP makes of loss (sent again after 2 ms or 200 ms, doubling; all behind it waits)",
  }),
  ports,
});
type Parameters = z.infer<typeof parameters>;

export const loss: Fault<Parameters> = {
  kind: "link.loss",
  does: "Loses packets between engines and the gateway: TCP sends them again, and everything behind them waits",
  targets: ["engines"],
  needs: ["links"],
  parameters,
  async inject(world, { percent, backend: wanted, ports: names }) {
    const backend = world.lab.links?.backend;
    if (wanted !== "auto" && wanted !== backend)
      throw new UsageError(
        "KVP_E_SCENARIO_IMPOSSIBLE",
        `link.loss: this lab loses packets by ${backend}, not ${wanted}`,
      );
    return disturb(world, {
      kind: "link.loss",
      disturbance: { kind: "loss", probability: percent / 100 },
      ports: names,
      bitesOn: "any",
      bites: ({ retransmissions, worstDelayMs }) => {
        if (retransmissions === 0) return null;
        // The kernel counts what it drops; how late it came in the end, only the relay knows.
        const seen =
          backend === "netns"
            ? `${retransmissions} packets lost`
            : `${retransmissions} segments sent again, late by up to ${Math.round(worstDelayMs)} ms`;
        return `${seen} (backend: ${backend})`;
      },
    });
  },
};
