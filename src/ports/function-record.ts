// A function as it is kept: what the configuration or the API says of it, its published versions and its aliases. One row of the
// functions table each. The registry (src/functions) keeps them, the function API (src/control/functions) reads and changes them.

import type { FunctionSettings, InvokeEndpoint } from "./functions.ts";

/** The user's own file, as the configuration names it. */
export interface FileSource {
  readonly kind: "file";
  /** Absolute folder that the handler's text is relative to. */
  readonly root: string;
  /** Absolute path of the module, with its extension. */
  readonly file: string;
  /** Name of the export, dots allowed. */
  readonly exportName: string;
  /** False: the file is loaded as it is, by Node alone. */
  readonly isBundled: boolean;
}

/** A version of a layer as a function uses it; it stays usable when the layer's version is deleted. */
export interface LayerUse {
  /** With the version. */
  readonly arn: string;
  /** SHA-256 of the zip, base64. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** A zip that came through the API. */
export interface ZipSource {
  readonly kind: "zip";
  /** `dir/file.export`, as given. */
  readonly handler: string;
  /** SHA-256 of the zip, base64. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Later ones lie over earlier ones. */
  readonly layers: readonly LayerUse[];
}

/** Code that runs elsewhere, as the configuration names it. */
export interface EndpointSource extends InvokeEndpoint {
  readonly kind: "endpoint";
}

export type CodeSource = FileSource | ZipSource | EndpointSource;

/** What a version consists of. */
export interface FunctionSnapshot {
  readonly settings: FunctionSettings;
  readonly source: CodeSource;
  readonly description: string;
  /** UUID, another one with each change. */
  readonly revisionId: string;
  readonly lastModifiedAtMs: number;
}

export interface PublishedVersion extends FunctionSnapshot {
  readonly version: string;
  /** Hash of what `$LATEST` was when this was published (`snapshotKey`): unchanged, it is not published again. */
  readonly publishedOf: string;
}

export interface FunctionAlias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
  /** At most one: share of calls, 0 to 1, by version. */
  readonly weights: Readonly<Record<string, number>>;
}

/** `$LATEST`, and what was made of it. */
export interface FunctionRecord extends FunctionSnapshot {
  /** Highest number given to a version so far; numbers are not given again. */
  readonly lastVersion: number;
  /** In order of publication. */
  readonly published: readonly PublishedVersion[];
  readonly aliases: readonly FunctionAlias[];
}

/** A version of a layer. Its number is given once; the row of a deleted one is gone. */
export interface LayerVersion {
  readonly name: string;
  readonly version: number;
  readonly arn: string;
  readonly layerArn: string;
  readonly description: string;
  readonly createdAtMs: number;
  readonly compatibleRuntimes: readonly string[];
  readonly compatibleArchitectures: readonly string[];
  readonly licenseInfo: string | null;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Differs exactly if a version of it would. The reservation is the function's, not a version's. */
export function snapshotKey({ settings, source, description }: FunctionSnapshot): string {
  const { reservedConcurrency: _reserved, ...kept } = settings;
  return JSON.stringify([kept, source, description]);
}
