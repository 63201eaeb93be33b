// One entry of a mapping's SourceAccessConfigurations.

import type { MappingSettings } from "./mapping/mapping-settings.ts";

/** Null: the mapping has none of this type. */
export const accessOf = (settings: MappingSettings, type: string): string | null =>
  (settings.SourceAccessConfigurations ?? []).find((entry) => entry?.Type === type)?.URI ?? null;
