/**
 * Property tests under `npm run mutation`: fewer runs, always the same ones, and no search for the smallest failure; a change counts as
 * noticed or not, whatever the example. `npm test` tries more examples, and fresh ones, so the scores are no better than the tests.
 */
import fc from "fast-check";

fc.configureGlobal({ numRuns: 50, seed: 20261, endOnFailure: true });
