// The calls of CloudWatch that are offered, and the types of their members.

import type { Structure } from "../shape.ts";

const text = { kind: "string" } as const;
const whole = { kind: "integer" } as const;
const instant = { kind: "timestamp" } as const;
const structure = <const M extends Structure["members"]>(members: M) => ({ kind: "structure", members }) as const;
const dimensions = { kind: "list", item: structure({ Name: text, Value: text }) } as const;

export const cloudWatchShapes = {
  ListMetrics: structure({
    Namespace: text,
    MetricName: text,
    Dimensions: dimensions,
    NextToken: text,
    RecentlyActive: text,
    IncludeLinkedAccounts: { kind: "boolean" },
    OwningAccount: text,
  }),
  GetMetricStatistics: structure({
    Namespace: text,
    MetricName: text,
    Dimensions: dimensions,
    StartTime: instant,
    EndTime: instant,
    Period: whole,
    Statistics: { kind: "list", item: text },
    ExtendedStatistics: { kind: "list", item: text },
    Unit: text,
  }),
  GetMetricData: structure({
    MetricDataQueries: {
      kind: "list",
      item: structure({
        Id: text,
        MetricStat: structure({
          Metric: structure({ Namespace: text, MetricName: text, Dimensions: dimensions }),
          Period: whole,
          Stat: text,
          Unit: text,
        }),
        Expression: text,
        Label: text,
        ReturnData: { kind: "boolean" },
        Period: whole,
        AccountId: text,
      }),
    },
    StartTime: instant,
    EndTime: instant,
    NextToken: text,
    ScanBy: text,
    MaxDatapoints: whole,
    LabelOptions: structure({ Timezone: text }),
  }),
} as const satisfies { readonly [operation: string]: Structure };

export type CloudWatchOperation = keyof typeof cloudWatchShapes;

export const isCloudWatchOperation = (name: string): name is CloudWatchOperation =>
  Object.hasOwn(cloudWatchShapes, name);

export const cloudWatchOperations: readonly CloudWatchOperation[] =
  Object.keys(cloudWatchShapes).filter(isCloudWatchOperation);
