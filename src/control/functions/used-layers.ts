// The layers that a function names, looked up and made its own.

import type { LayerUse } from "../../ports/function-record.ts";
import type { FunctionTurn } from "../../ports/function-store.ts";
import { failure } from "../api-answer.ts";
import type { FunctionContext } from "./function-context.ts";
import { type Refused, refused } from "./function-target.ts";

const LAYER_ARN = /^arn:[a-zA-Z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([a-zA-Z0-9-_]+):(\d+)$/;

export interface LayerReference {
  readonly region: string;
  readonly accountId: string;
  readonly name: string;
  readonly version: number;
}

/** Null: the text is not the ARN of a layer's version. */
export function parseLayerArn(arn: string): LayerReference | null {
  const [, region, accountId, name, version] = LAYER_ARN.exec(arn) ?? [];
  if (region === undefined || accountId === undefined || name === undefined) return null;
  return { region, accountId, name, version: Number(version) };
}

export async function useLayers(
  context: FunctionContext,
  turn: FunctionTurn,
  arns: readonly (string | null)[],
): Promise<{ readonly kind: "layers"; readonly layers: readonly LayerUse[] } | Refused> {
  const layers: LayerUse[] = [];
  for (const arn of arns) {
    const wanted = parseLayerArn(arn ?? "");
    const { region, accountId } = context.settings;
    const isOurs = wanted !== null && wanted.region === region && wanted.accountId === accountId;
    const found = isOurs ? context.layers.get(wanted.name, wanted.version) : null;
    if (found === null) {
      const where = isOurs ? "" : ` Millrace has layers of ${accountId} in ${region} only: publish it here.`;
      return refused(failure("InvalidParameterValueException", `Layer version ${arn ?? ""} does not exist.${where}`));
    }
    layers.push(await turn.keepLayer(found));
  }
  return { kind: "layers", layers };
}
