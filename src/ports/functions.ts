// A function as the rest of the house sees it: its settings, and the code version that answers now.

/** What a variable of a function's environment may be called, on AWS as here: at least two characters. Whole text. */
export const VARIABLE_NAME = "[a-zA-Z]([a-zA-Z0-9_])+";

export interface FunctionSettings {
  readonly name: string;
  /** Unqualified ARN. */
  readonly arn: string;
  /** 1,000 to 900,000; default 3,000 as on AWS. */
  readonly timeoutMs: number;
  /** 128 to 10,240; default 128 as on AWS. Bounds the heap of the function's thread. */
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Null: none reserved. 0: every call is throttled. */
  readonly reservedConcurrency: number | null;
  /** For example `nodejs24.x`. Callback style works up to nodejs22.x, as on AWS. */
  readonly runtime: string;
  readonly roleArn: string;
}

/** A code version: what a function thread loads. A new one is used from the next invocation on; the old one drains. */
export interface FunctionCode {
  /** Content hash; changes with the code. */
  readonly codeSha256: string;
  /** Absolute path of the module to load (bundled, or the user's own file). */
  readonly modulePath: string;
  /** Name of the export that is the handler, dots allowed. */
  readonly exportName: string;
  /** As in `_HANDLER`. */
  readonly handlerText: string;
  /** Absolute folder, as in `LAMBDA_TASK_ROOT`. */
  readonly taskRoot: string;
  /** Text of the failure where the code could not be built: every invocation ends in an init error that says so (E-1). */
  readonly buildError: { readonly errorType: string; readonly message: string } | null;
  /** Where the function runs, if it is not in threads of ours: nothing is loaded then. */
  readonly endpoint?: InvokeEndpoint;
}

/** A server that speaks Lambda's Invoke path, and what it calls the function. */
export interface InvokeEndpoint {
  /** `http` or `https`; a path goes before the Invoke path. */
  readonly url: string;
  readonly functionName: string;
}

/** What one version of a function runs: `$LATEST`, or a number that does not change any more. */
export interface FunctionVersion {
  readonly version: string;
  readonly settings: FunctionSettings;
  readonly code: FunctionCode;
}

export interface AliasTarget {
  readonly name: string;
  readonly version: string;
  /** Share of calls, 0 to 1, that goes to another version instead; null: none does. */
  readonly other: { readonly version: string; readonly weight: number } | null;
}

/** A function with all that a qualifier can mean. Plain data, crosses threads as it is. */
export interface DeployedFunction extends FunctionVersion {
  /** Index of the function's row in the shared permits: all its versions count together. */
  readonly permitSlot: number;
  readonly published: readonly FunctionVersion[];
  readonly aliases: readonly AliasTarget[];
}

export const LATEST = "$LATEST";

/** The version that a call of this qualifier runs; null qualifier: `$LATEST`. `draw`: a number in [0, 1). Null: there is none. */
export function versionOf(
  deployed: DeployedFunction,
  qualifier: string | null,
  draw: () => number,
): FunctionVersion | null {
  if (qualifier === null || qualifier === LATEST) return deployed;
  const alias = deployed.aliases.find((each) => each.name === qualifier);
  const { other } = alias ?? { other: null };
  const wanted =
    alias === undefined ? qualifier : other !== null && draw() < other.weight ? other.version : alias.version;
  if (wanted === LATEST) return deployed;
  return deployed.published.find((each) => each.version === wanted) ?? null;
}
