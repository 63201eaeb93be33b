// A mapping of the configuration that is there already: what is asked of it as an update.

import { isDeepStrictEqual } from "node:util";
import type { CreateRequest } from "./mapping/mapping-members.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { mappingTable, memberNames } from "./mapping/mapping-table.ts";
import type { SourceKind } from "./mapping/source-kinds.ts";

/** As an update would be written (section 1.5): what the configuration leaves out goes back to its default. */
export function asUpdate(kind: SourceKind, { Enabled }: CreateRequest, wanted: MappingSettings): object {
  const cleared = {
    FilterCriteria: {},
    KMSKeyArn: "",
    MetricsConfig: { Metrics: [] },
    DestinationConfig: {},
    ScalingConfig: {},
    ProvisionedPollerConfig: {},
    LoggingConfig: {},
    SourceAccessConfigurations: [],
    FunctionResponseTypes: [],
    BisectBatchOnFunctionError: false,
  } as const;
  const taken = Object.entries(cleared).filter(([member]) => isTaken(kind, member));
  const { DestinationConfig: destination, ...rest } = withoutFixed(wanted);
  return {
    ...Object.fromEntries(taken),
    ...withoutAbsent(rest),
    ...(destination?.OnFailure?.Destination === undefined ? {} : { DestinationConfig: destination }),
    Enabled,
  };
}

/** An empty member of another kind of source would be refused. */
const isTaken = (kind: SourceKind, member: string): boolean =>
  memberNames.some((name) => name === member && mappingTable[name].cells[kind].kind === "honoured");

const withoutAbsent = (settings: object): object =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));

/** Without what an update may not name, though it be the same: groups, databases and virtual hosts are given at creation. */
function withoutFixed(wanted: MappingSettings): MappingSettings {
  const {
    AmazonManagedKafkaEventSourceConfig: msk,
    SelfManagedKafkaEventSourceConfig: own,
    DocumentDBEventSourceConfig: database,
    SourceAccessConfigurations: access,
    ...rest
  } = wanted;
  return {
    ...rest,
    ...(msk === undefined ? {} : { AmazonManagedKafkaEventSourceConfig: registryOf(msk) }),
    ...(own === undefined ? {} : { SelfManagedKafkaEventSourceConfig: registryOf(own) }),
    ...(database === undefined ? {} : { DocumentDBEventSourceConfig: { FullDocument: database.FullDocument } }),
    ...(access === undefined
      ? {}
      : { SourceAccessConfigurations: access.filter((entry) => entry?.Type !== "VIRTUAL_HOST") }),
  };
}

type GroupConfig = NonNullable<MappingSettings["SelfManagedKafkaEventSourceConfig"]>;

/** An empty one takes the registry away (M-612). */
const registryOf = ({ SchemaRegistryConfig }: GroupConfig): GroupConfig => ({
  SchemaRegistryConfig: SchemaRegistryConfig ?? {},
});

/** The starting position counts at creation only (H-4), and a window that was set once stays where none is named (M-002). */
export function isAsWanted(settings: MappingSettings, wanted: MappingSettings): boolean {
  const { MaximumBatchingWindowInSeconds = settings.MaximumBatchingWindowInSeconds } = wanted;
  return isDeepStrictEqual(meant(settings), meant({ ...wanted, MaximumBatchingWindowInSeconds }));
}

/** Members that are absent, undefined or emptied are the same. */
const meant = (settings: MappingSettings): unknown =>
  JSON.parse(
    JSON.stringify(
      { ...settings, StartingPosition: undefined, StartingPositionTimestamp: undefined },
      (_member, value: unknown) =>
        value === false || (Array.isArray(value) && value.length === 0) ? undefined : value,
    ),
  );
