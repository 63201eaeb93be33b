// STS as far as clients ask who they are: GetCallerIdentity. Credentials are not checked, so everybody is the account's root.

import type { Surroundings } from "../lookups.ts";

export const STS_VERSION = "2011-06-15";
export const stsOperations = ["GetCallerIdentity"] as const;

export interface CallerIdentity {
  readonly Arn: string;
  readonly UserId: string;
  readonly Account: string;
}

export function callerIdentity({ partition, accountId }: Surroundings): CallerIdentity {
  return { Arn: `arn:${partition}:iam::${accountId}:root`, UserId: accountId, Account: accountId };
}
