/**
 * I1 model, adapter and salt isolation: an answer names only engines that serve the prompt's model, and the same tokens
 * under another model, adapter or salt than they are cached under match nothing that was not cached under their own. No
 * staleness and no fault excuses it (Δ = 0). Catches an index keyed by tokens or engine hashes alone.
 */
import { claimTooMuch } from "./proofs.js";
import { needsMatch, type Property } from "./property.js";

export const modelIsolation: Property = {
  id: "I1",
  title: "model, adapter and salt isolation",
  kind: "always",
  statement: "No answer credits an engine with blocks cached under another model, adapter or salt.",
  notApplicable(run) {
    const { lora, salt } = run.sut.capabilities;
    if (lora || salt || Object.keys(run.models).length > 1) return needsMatch(run);
    return needsMatch(run) ?? "one model, and the system under test knows neither adapters nor salts";
  },
  start: (context, tally) => ({
    answer(answer) {
      const { query, prompt, survey } = answer;
      const severalModels = context.truth.modelCount > 1;
      const cross = query.probe === "cross" && query.twin !== undefined && context.truth.cached(query.twin);
      if (cross || severalModels) tally.opportunity();
      for (const standing of survey.standings) {
        if (standing.claimed === 0) continue;
        if (standing.engine.model !== prompt.model) {
          const said = `it serves ${standing.engine.model}, not ${prompt.model}, and may be credited with`;
          tally.violate(claimTooMuch(context, answer, standing, { blocks: 0, said }));
        } else if (query.probe === "cross") {
          const ever = standing.ever();
          if (standing.claimed <= ever) continue;
          const said = `the same tokens are cached as prompt ${query.twin ?? "?"}, under this lineage it ever held`;
          tally.violate(claimTooMuch(context, answer, standing, { blocks: ever, said }));
        }
      }
    },
  }),
};
