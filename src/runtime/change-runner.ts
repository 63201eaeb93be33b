// A mapping on a change stream at work: a mapping runner with the one unit of its source. Settings that make another stream of it
// have it read anew: at the same place where only its form differs, at its own where it is another collection's.

import type { Rec } from "../core/record.ts";
import type { Checkpoints } from "../ports/checkpoints.ts";
import type { ChangeSpec, MappingSpec } from "../ports/mapping-spec.ts";
import type { DisablingReason, Source } from "../ports/source.ts";
import { createKeyedCheckpoints } from "./keyed-checkpoints.ts";
import { createMappingRunner, type MappingRunner, type MappingRunnerOptions } from "./mapping-runner.ts";

export interface ChangeRunnerOptions<R extends Rec>
  extends Omit<MappingRunnerOptions<R>, "spec" | "source" | "checkpoints" | "elsewhere" | "from"> {
  readonly spec: ChangeSpec;
  /** Called again for each stream that the mapping is told to read. */
  readonly sourceOf: (spec: ChangeSpec) => Source<R>;
  /** Of the mapping, whatever it reads. */
  readonly checkpoints: Checkpoints;
  readonly events: MappingRunnerOptions<R>["events"] & { unrecoverable(reason: DisablingReason): void };
}

export function createChangeRunner<R extends Rec>(options: ChangeRunnerOptions<R>): MappingRunner<R> {
  const { sourceOf, checkpoints, spec: first, ...ports } = options;

  const reading = (spec: ChangeSpec) => ({
    source: sourceOf(spec),
    checkpoints: createKeyedCheckpoints(checkpoints, keyOf(spec)),
  });

  return createMappingRunner<R>({
    ...ports,
    ...reading(first),
    spec: first,
    elsewhere: (spec, before) =>
      isChangeSpec(spec) && isChangeSpec(before) && streamText(spec) !== streamText(before) ? reading(spec) : null,
  });
}

const isChangeSpec = (spec: MappingSpec): spec is ChangeSpec => spec.changes !== undefined;

const streamText = ({ source, changes }: ChangeSpec): string =>
  JSON.stringify([source, changes.fullDocument, changes.isKeepingServerFields]);

/** Names of databases have no slash. */
const keyOf = ({ source }: ChangeSpec): string => `${source.database}/${source.collection ?? ""}`;
