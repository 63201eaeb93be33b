// The function of a live load run whose plan has only a model of one: the text of a module that imports nothing, so that it can be uploaded as
// it stands. What it does is workers/modelled-handler.ts; its chance is the system's, as all else of a live run.

import { readFileSync } from "node:fs";
import { transformSync } from "esbuild";
import { MillraceError } from "../../errors.ts";
import type { HandlerModel, LoadPlan } from "../../load/plan/plan.ts";
import { modelledHandlerModule } from "../../threads/entries.ts";

/** Throws `bad-argument` where a real function cannot do what the model says. */
export function liveHandlerText(plan: LoadPlan, model: HandlerModel): string {
  if (model.throttleShare > 0)
    throw new MillraceError(
      "bad-argument",
      "a share of calls that are throttled is for simulated runs: no real function is throttled by chance",
      { help: "--reserved 1    # calls beyond it are throttled" },
    );
  const { took, perRecordMs, coldStartMs, errorShare, onPoison } = model;
  const known = {
    kind: plan.source.kind,
    took,
    perRecordMs,
    coldStartMs,
    errorShare,
    onPoison,
    isPoisoned: plan.send.poisonShare > 0,
  };
  const place = modelledHandlerModule();
  const text = readFileSync(place, "utf8");
  const code = place.pathname.endsWith(".ts") ? transformSync(text, { loader: "ts", format: "esm" }).code : text;
  return `${code}\nexport const handler = modelledHandler(${JSON.stringify(known)});\n`;
}
