// The view Destinations: what was given up? Each destination and queue for dead letters, and what lies in the one that is open.

import type { DestinationFrame } from "../../../dashboard/frame.ts";
import { counted, shownNumber } from "../../parts/format.ts";
import { type Dashboard, useDashboard } from "../dashboard-context.ts";
import { Documents } from "../destinations/documents.tsx";
import { Empty } from "../parts/empty.tsx";
import { type Column, RowTable } from "../parts/row-table.tsx";
import { hashOf, routeTo } from "../route.ts";
import "./views.css";

const kinds: Readonly<Record<DestinationFrame["kind"], string>> = {
  queue: "queue",
  topic: "topic",
  bucket: "bucket",
  kafka: "topic of Kafka",
  "dead-letter queue": "dead letters",
};

const columns: readonly Column<DestinationFrame>[] = [
  { title: "Destination", cell: ({ name }) => <b>{name}</b> },
  { title: "Kind", cell: ({ kind }) => kinds[kind] },
  { title: "Delivered", cell: ({ documentCount }) => shownNumber(documentCount), isNumber: true },
  {
    title: "Refused",
    cell: ({ refusedCount }) => (
      <span class={refusedCount > 0 ? "is-gave-up" : ""}>
        {refusedCount > 0 ? `■ ${shownNumber(refusedCount)}` : "0"}
      </span>
    ),
    isNumber: true,
  },
  {
    title: "Lie in it",
    cell: ({ messageCount }) => (messageCount === null ? "–" : shownNumber(messageCount)),
    isNumber: true,
  },
  {
    title: "Takes",
    cell: ({ deadLettersOf, lastCondition }) =>
      deadLettersOf.length > 0
        ? `dead letters of ${deadLettersOf.join(", ")}`
        : lastCondition === ""
          ? "what is given up"
          : `last: ${lastCondition}`,
    isWhole: true,
  },
];

export function DestinationsView() {
  const { frame, route } = useDashboard();
  const { destinations } = frame;
  const open = openOf(frame.destinations, route.params["destination"]);
  return (
    <>
      <div class="view-head">
        <h1>Destinations</h1>
        <p class="soft">{counted(destinations.length, "destination")}</p>
      </div>
      {destinations.length === 0 ? (
        <Empty
          text="Nothing was given up, and no mapping has a destination:"
          command="aws lambda update-event-source-mapping --uuid UUID --destination-config OnFailure={Destination=ARN}"
        />
      ) : (
        <RowTable
          label="Destinations"
          columns={columns}
          rows={destinations}
          keyOf={({ arn }) => arn}
          selected={open?.arn ?? null}
          hrefOf={({ arn }) => hashOf(routeTo(route, "destinations", { destination: arn }))}
          cardLines={3}
        />
      )}
      {open !== null && <Documents key={open.arn} of={open} />}
    </>
  );
}

/** The one in the address, or the only one. */
function openOf(destinations: readonly DestinationFrame[], arn: string | undefined): DestinationFrame | null {
  const [only, ...more] = destinations;
  return destinations.find((each) => each.arn === arn) ?? (more.length === 0 ? (only ?? null) : null);
}

export function destinationsCommand({ frame, route }: Dashboard): string {
  const open = openOf(frame.destinations, route.params["destination"]);
  if (open === null) return "millrace explain MAPPING";
  const at = `aws --endpoint-url ${location.origin}`;
  const name = open.arn.split(":").at(-1) ?? "";
  if (open.kind === "bucket") return `${at} s3 ls --recursive s3://${name}/`;
  if (open.kind === "topic") return `${at} sns list-subscriptions-by-topic --topic-arn ${open.arn}`;
  if (open.kind === "kafka") return `curl -s ${location.origin}/_millrace/kafka`;
  return `curl -s ${location.origin}/_millrace/queues/${name}/messages`;
}
