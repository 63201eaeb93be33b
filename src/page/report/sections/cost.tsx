// What the run would cost, by prices that are an input.

import type { LoadRun, Prices } from "../../../load/report.ts";
import { shownNumber, shownUsd } from "../../parts/format.ts";
import { Facts, Section } from "../section.tsx";

export function CostSection({ run: { cost }, prices }: { readonly run: LoadRun; readonly prices: Prices }) {
  return (
    <Section title="Cost" note="Estimated: Lambda's requests and duration alone.">
      <Facts
        facts={[
          { name: "an hour at this load", value: shownUsd(cost.perHourUsd) },
          { name: "a million records", value: shownUsd(cost.perMillionRecordsUsd) },
          { name: "this run", value: shownUsd(cost.totalUsd) },
          {
            name: "requests",
            value: shownNumber(cost.requests),
            beside: `at ${shownUsd(prices.perMillionRequests)} a million`,
          },
          {
            name: "GB-seconds",
            value: shownNumber(cost.gbSeconds, 2),
            beside: `at $${prices.perGbSecond} each, ${shownNumber(prices.memoryMb)} MB`,
          },
        ]}
      />
      <p class="soft small">{prices.note}</p>
    </Section>
  );
}
