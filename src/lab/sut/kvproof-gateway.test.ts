import { describe, expect, it } from "vitest";
import { signalsOf } from "./kvproof-gateway.js";
import { parseSamples } from "./prometheus-text.js";

const PAGE = `
kvproof_gateway_gaps_total{engine="m/1",rank="0"} 3
kvproof_gateway_stream_state{engine="m/1",rank="0",state="stale"} 1
kvproof_gateway_batches_total{engine="m/1",rank="0",result="applied"} 900
kvproof_gateway_batches_total{engine="m/1",rank="0",result="duplicate"} 2
kvproof_gateway_retries_total{reason="reset"} 1
kvproof_gateway_index_bytes 77
`;

describe("metrics of the gateway that tell when something is wrong", () => {
  it("name the engine and what is wrong; daily business is left out", () => {
    expect(signalsOf(parseSamples(PAGE, "kvproof_gateway_"))).toEqual([
      { metric: "gaps_total", engine: "m/1", rank: "0", value: 3 },
      { metric: 'stream_state{state="stale"}', engine: "m/1", rank: "0", value: 1 },
      { metric: 'batches_total{result="duplicate"}', engine: "m/1", rank: "0", value: 2 },
      { metric: 'retries_total{reason="reset"}', value: 1 },
    ]);
  });
});
