import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoRun } from "../../lib/unrolled/views/js/echo_model.js";
import { assertClose, golden } from "./tools.js";

test("runs are those of the library", () => {
  for (const stored of golden("echo")) {
    const sizes = { batch: stored.batch, seriesLength: stored.series_length };
    const run = new EchoRun(stored.settings, sizes);
    const { net } = run;
    assertClose(net.parameters, stored.first, 1e-9, "the first weights");
    const losses = [run.train()];
    const right = [run.last.right[0]];
    assertClose(net.slopes, stored.gradients[0], 1e-9, "the first gradient");
    while (run.windows < stored.losses.length) {
      losses.push(run.train());
      right.push(run.last.right[run.windows - 1]);
    }
    assert.deepEqual(right, stored.right);
    assertClose(losses, stored.losses);
    assertClose(net.slopes, stored.gradients[1], 1e-9, "the last gradient");
    assertClose(net.parameters, stored.weights, 1e-9, "the last weights");
    assertClose(run.reach(), stored.reach, 1e-9, "the reach");
  }
});
