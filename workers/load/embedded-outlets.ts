// Ways into the embedded brokers, topics and collections of a running Millrace, by the same local pages as `millrace send`.

import { MillraceError } from "../../src/errors.ts";
import type { Outlet, SendTarget } from "../../src/load/sending/send-target.ts";
import { withId } from "./with-id.ts";
import { type Answered, listIn, type Poster, textIn } from "./post.ts";

type Target<Kind extends SendTarget["kind"]> = Extract<SendTarget, { kind: Kind }>;

const MOST_RECORDS = 1_000;
const MOST_BYTES = 3_500_000;

async function post(poster: Poster, parts: readonly string[], query: string, body: string): Promise<Answered> {
  const path = `/_millrace/${parts.map(encodeURIComponent).join("/")}${query}`;
  const answer = await poster.post(path, { "content-type": "application/json" }, body);
  if (answer.status < 300 || answer.status === 409) return answer;
  throw new MillraceError("bad-argument", textIn(answer.body, "message"));
}

const strings = (list: unknown): readonly string[] => (Array.isArray(list) ? list.map(String) : []);

export function embeddedMqOutlet({ engine, broker, queue }: Target<"embeddedMq">, poster: Poster): Outlet {
  return {
    mostRecords: MOST_RECORDS,
    mostBytes: MOST_BYTES,
    async send(records) {
      const messages = records.map(({ data }) => ({ text: data, properties: {} }));
      const path = ["brokers", broker, queue];
      const { body } = await post(poster, path, `?engine=${engine}`, JSON.stringify({ messages }));
      const ids = strings(body["messageIds"]);
      return records.map((_, index) => {
        const id = ids[index];
        return id === undefined ? null : { unit: "", id };
      });
    },
    close: () => Promise.resolve(),
  };
}

export function embeddedKafkaOutlet({ cluster, topic, partitions }: Target<"embeddedKafka">, poster: Poster): Outlet {
  return {
    mostRecords: MOST_RECORDS,
    mostBytes: MOST_BYTES,
    async send(given) {
      const records = given.map(({ data, key }) => ({ value: data, ...(key === null ? {} : { key }) }));
      const { body } = await post(poster, ["kafka", cluster, topic], "", JSON.stringify({ records, partitions }));
      const places = listIn(body, "places");
      return given.map((_, index) => {
        const place = places[index];
        if (place === undefined) return null;
        return { unit: `${topic}-${String(place["partition"])}`, id: String(place["offset"]) };
      });
    },
    close: () => Promise.resolve(),
  };
}

export function embeddedDocumentDbOutlet(
  { cluster, database, collection, idPrefix }: Target<"embeddedDocumentDb">,
  poster: Poster,
): Outlet {
  return {
    mostRecords: MOST_RECORDS,
    mostBytes: MOST_BYTES,
    async send(records) {
      // Texts are joined: what the server would parse and write again is not parsed and written here.
      const operations = records.map(({ data, n }) => `{"op":"insert","document":${withId(data, `${idPrefix}-${n}`)}}`);
      const body = `{"operations":[${operations.join(",")}]}`;
      const answer = await post(poster, ["documentdb", cluster, database, collection], "", body);
      const positions = strings(answer.body["positions"]);
      return records.map((_, index) => {
        const id = positions[index];
        return id === undefined ? null : { unit: "changes", id };
      });
    },
    close: () => Promise.resolve(),
  };
}
