// The mappings of the configuration, applied at the start: made, or changed to what the configuration says now.
//
// M1  One that is refused for good fails the start.
// M2  One that is on its way to another state takes no change now (a source that is away may keep it there for long): the start
//     goes on, and the change follows once the mapping has come to rest.

import type { Config, MappingBody } from "../config/config.ts";
import { errorTextOf } from "../control/api-answer.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import { MillraceError } from "../errors.ts";
import type { ItemTables } from "../ports/item-tables.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";
import { withLatestStream } from "./configured-tables.ts";

export interface ConfiguredMappings {
  /** Nothing is changed any more. */
  close(): void;
}

export async function applyConfiguredMappings(
  config: Config,
  house: {
    readonly control: ControlPlane;
    readonly feed: JournalFeed;
    readonly tables: ItemTables;
    /** For a person: a change that could not be made later on. */
    readonly onNote: (text: string) => void;
  },
): Promise<ConfiguredMappings> {
  const { control } = house;
  /** Their places in the configuration. */
  let waiting: readonly number[] = [];
  async function again(): Promise<void> {
    const indices = waiting;
    waiting = [];
    for (const index of indices) {
      const applied = await apply(control, await withLatestStream(config.mappings[index] ?? {}, house.tables));
      if (applied.kind === "later") waiting = [...waiting, index];
      if (applied.kind === "refused") house.onNote(refusal(index, applied.text).message);
    }
  }

  const cancel = house.feed.subscribe((entries) => {
    if (waiting.length > 0 && entries.some(({ kind }) => kind === "mapping-state")) void again();
  });
  // What the last run left half deleted goes first, so that it is not taken for what the configuration asks for.
  await control.settled();
  for (const [index, body] of config.mappings.entries()) {
    const applied = await apply(control, await withLatestStream(body, house.tables));
    if (applied.kind === "later") waiting = [...waiting, index];
    if (applied.kind === "refused") {
      cancel();
      throw refusal(index, applied.text);
    }
  }

  return {
    close() {
      cancel();
      waiting = [];
    },
  };
}

type Applied =
  | { readonly kind: "done" }
  | { readonly kind: "later" }
  | { readonly kind: "refused"; readonly text: string };

async function apply(control: ControlPlane, body: MappingBody): Promise<Applied> {
  const answer = await control.applyConfigured(body);
  if (answer.errorType === null) return { kind: "done" };
  if (answer.errorType === "ResourceInUseException") return { kind: "later" };
  return { kind: "refused", text: errorTextOf(answer) };
}

/** What a mapping says by itself was judged before (src/cli/checked-config.ts): what is left is what it names. */
function refusal(index: number, text: string): MillraceError {
  const table = /^Stream not found: .*:table\/([^/]+)\/stream\/latest$/.exec(text)?.[1];
  if (table !== undefined) {
    return new MillraceError("config-invalid", `mappings[${index}] is refused: the table \`${table}\` has no stream`, {
      help: `tables: { ${table}: { key: id, stream: NEW_AND_OLD_IMAGES } }`,
    });
  }
  const stream = /^Stream not found: .*\/([^/]+)$/.exec(text)?.[1];
  const help = stream === undefined ? {} : { help: `streams: { ${stream}: { shards: 1 } }` };
  return new MillraceError("config-invalid", `mappings[${index}] is refused: ${text}`, help);
}
