// The mappings of the configuration, applied at the start: made, or changed to what the configuration says now.
//
// M1  One that is refused for good fails the start.
// M2  One that is on its way to another state takes no change now (a source that is away may keep it there for long): the start
//     goes on, and the change follows once the mapping has come to rest.

import type { Config, MappingBody } from "../config/config.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import { MillraceError } from "../errors.ts";
import type { JournalFeed } from "../journal/journal-feed.ts";

export interface ConfiguredMappings {
  /** Nothing is changed any more. */
  close(): void;
}

export async function applyConfiguredMappings(
  config: Config,
  house: {
    readonly control: ControlPlane;
    readonly feed: JournalFeed;
    /** For a person: a change that could not be made later on. */
    readonly onNote: (text: string) => void;
  },
): Promise<ConfiguredMappings> {
  const { control } = house;
  let waiting: readonly MappingBody[] = [];
  async function again(): Promise<void> {
    const bodies = waiting;
    waiting = [];
    for (const body of bodies) {
      const applied = await apply(control, body);
      if (applied.kind === "later") waiting = [...waiting, body];
      if (applied.kind === "refused") house.onNote(refusal(body, applied.text).message);
    }
  }

  const cancel = house.feed.subscribe((entries) => {
    if (waiting.length > 0 && entries.some(({ kind }) => kind === "mapping-state")) void again();
  });
  // What the last run left half deleted goes first, so that it is not taken for what the configuration asks for.
  await control.settled();
  for (const body of config.mappings) {
    const applied = await apply(control, body);
    if (applied.kind === "later") waiting = [...waiting, body];
    if (applied.kind === "refused") {
      cancel();
      throw refusal(body, applied.text);
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
  const { message, Message } = answer.body as { readonly message?: string; readonly Message?: string };
  return { kind: "refused", text: message ?? Message ?? "" };
}

function refusal(body: MappingBody, text: string): MillraceError {
  return new MillraceError("config-invalid", `a mapping of the configuration is refused: ${text}`, {
    help: `look at the mapping with FunctionName ${String(body["FunctionName"])}`,
  });
}
