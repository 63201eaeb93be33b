// What all operations of the function API work with.

import type { Clock } from "../../ports/clock.ts";
import type { CodeSource, ZipSource } from "../../ports/function-record.ts";
import type { FunctionStore, LayerStore } from "../../ports/function-store.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Random } from "../../ports/random.ts";
import type { Tables } from "../../ports/tables.ts";
import { type ApiAnswer, failure } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";

export type StoredObject =
  | { readonly kind: "object"; readonly bytes: Uint8Array }
  | { readonly kind: "missing"; readonly what: "bucket" | "key" }
  | { readonly kind: "tooLarge" };

/** Of a function with its layers, unpacked; a zip of more cannot hold less. */
export const MOST_UNZIPPED_BYTES = 262_144_000;

export interface FunctionContext {
  readonly functions: FunctionStore;
  readonly layers: LayerStore;
  readonly tables: Tables;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly random: Random;
  readonly settings: Surroundings;
  /** Names that a function's own variables cannot have. */
  readonly reservedVariables: ReadonlySet<string>;
  /** The configuration's file as a person knows it; null: there is none. */
  readonly configFile: string | null;
  /** An object of a bucket of ours, if it has at most so many bytes. */
  readonly readObject: (bucket: string, key: string, mostBytes: number) => Promise<StoredObject>;
}

/** Where a zip comes from, sent along or in a bucket. */
export async function zipOf(
  context: FunctionContext,
  code: {
    readonly ZipFile?: Uint8Array | undefined;
    readonly S3Bucket?: string | undefined;
    readonly S3Key?: string | undefined;
  },
): Promise<
  { readonly kind: "zip"; readonly bytes: Uint8Array } | { readonly kind: "refused"; readonly answer: ApiAnswer }
> {
  const { ZipFile, S3Bucket = "", S3Key = "" } = code;
  if (ZipFile !== undefined) return { kind: "zip", bytes: ZipFile };
  const found = await context.readObject(S3Bucket, S3Key, MOST_UNZIPPED_BYTES);
  if (found.kind === "object") return { kind: "zip", bytes: found.bytes };
  if (found.kind === "tooLarge") {
    const text = `Unzipped size must be smaller than ${MOST_UNZIPPED_BYTES} bytes`;
    return { kind: "refused", answer: failure("InvalidParameterValueException", text) };
  }
  const [what, text] =
    found.what === "bucket"
      ? ["NoSuchBucket", "The specified bucket does not exist"]
      : ["NoSuchKey", "The specified key does not exist."];
  const answer = failure(
    "InvalidParameterValueException",
    `Error occurred while GetObject. S3 Error Code: ${what}. S3 Error Message: ${text}`,
  );
  return { kind: "refused", answer };
}

/** What the file says is changed in the file: the next start would undo anything else. */
export function refuseConfigured(context: FunctionContext, name: string, what: string): ApiAnswer {
  return failure(
    "InvalidParameterValueException",
    `The function ${name} is defined by ${context.configFile ?? "the configuration"}: its ${what} is changed there, under functions.${name}.`,
  );
}

/** Of a function that the configuration of an earlier start has defined. */
export function refuseForeignCode(name: string, source: Exclude<CodeSource, ZipSource>): ApiAnswer {
  const what = source.kind === "file" ? "runs a file" : "runs behind an address";
  return failure(
    "InvalidParameterValueException",
    `The function ${name} ${what} that an earlier configuration named: give it a zip by UpdateFunctionCode first.`,
  );
}
