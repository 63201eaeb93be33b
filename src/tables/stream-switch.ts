// StreamSpecification: what a call says of a table's stream, and what a description shows of it.

import { viewTypes } from "../kinds/dynamodb/change-text.ts";
import type { TableStream, ViewType } from "../ports/item-tables.ts";
import type { Members } from "./dynalite-engine.ts";
import { invalid, refusal } from "./table-refusal.ts";

export type StreamSwitch = { readonly isOn: true; readonly viewType: ViewType } | { readonly isOn: false };

/** Null: the call says nothing of it. Throws a TableRefusal. */
export function streamSwitchOf(request: Members): StreamSwitch | null {
  const given = request["StreamSpecification"] ?? null;
  if (given === null) return null;
  const members = { ...Object(given) } as Members;
  const isOn = members["StreamEnabled"] ?? null;
  const wanted = members["StreamViewType"] ?? null;
  if (typeof given !== "object" || Array.isArray(given) || (isOn !== null && typeof isOn !== "boolean")) {
    throw refusal("SerializationException", "StreamSpecification is a structure whose StreamEnabled is true or false.");
  }
  if (isOn === null) {
    throw invalid(
      "1 validation error detected: Value null at 'streamSpecification.streamEnabled' failed to satisfy constraint: " +
        "Member must not be null",
    );
  }
  const viewType = viewTypes.find((each) => each === wanted);
  if (wanted !== null && viewType === undefined) {
    throw invalid(
      `1 validation error detected: Value ${JSON.stringify(wanted)} at 'streamSpecification.streamViewType' failed to satisfy ` +
        "constraint: Member must satisfy enum value set: [NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY]",
    );
  }
  if (isOn === false) {
    if (viewType === undefined) return { isOn: false };
    throw invalid(
      "One or more parameter values were invalid: StreamViewType cannot be specified when StreamEnabled is false",
    );
  }
  if (viewType === undefined) {
    throw invalid("One or more parameter values were invalid: StreamViewType is required when StreamEnabled is true");
  }
  return { isOn: true, viewType };
}

/** A table's description with its latest stream, open or closed. */
export function describedTable(description: Members, stream: TableStream | null, tableArn: string): Members {
  return {
    ...description,
    DeletionProtectionEnabled: false,
    ...(stream === null
      ? {}
      : {
          ...(stream.closedAtMs === null
            ? { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType } }
            : {}),
          LatestStreamLabel: stream.label,
          LatestStreamArn: `${tableArn}/stream/${stream.label}`,
        }),
  };
}
