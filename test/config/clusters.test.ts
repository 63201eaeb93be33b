// What `sources` may say of Kafka's and DocumentDB's clusters, and `schemaRegistries`: what would have no effect is refused with its place.

import { describe, expect, test } from "vitest";
import { createCertificates } from "../../scripts/brokers/certificates.ts";
import { folderWith, load, refusal } from "./folder.ts";

const mskArn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/uuid-1";
const docDbArn = "arn:aws:rds:us-east-1:000000000000:cluster:shop";
const ownKey = "kafka://a.internal:9092,b.internal:9092";
const usual = {
  isTls: null,
  caFile: null,
  isMixing: true,
  callsAPoller: 5,
  partialAnswers: "checkpoint",
  hasErrorControls: false,
  disabledAfterMs: 600_000,
};

const sourceOf = (key: string, members: string): string =>
  folderWith({ "millrace.config.yaml": `sources:\n  ${key}: { ${members} }\n` });

describe("a Kafka cluster", () => {
  test("is embedded, as by default, where nothing is said of servers", async () => {
    expect((await load(sourceOf(mskArn, "engine: KAFKA"))).kafkaClusters).toEqual([
      { ...usual, key: mskArn, servers: null },
    ]);
  });

  test("has each setting's value", async () => {
    const members =
      'engine: KAFKA, servers: ["127.0.0.1:9092", "[::1]:9092"], tls: true, mixPartitions: false, callsAPoller: 1, ' +
      "partialAnswers: items, errorControlsWithoutProvisioned: true, disabledAfterSeconds: 5";
    expect((await load(sourceOf(ownKey, members))).kafkaClusters).toEqual([
      {
        key: ownKey,
        servers: ["127.0.0.1:9092", "[::1]:9092"],
        isTls: true,
        caFile: null,
        isMixing: false,
        callsAPoller: 1,
        partialAnswers: "items",
        hasErrorControls: true,
        disabledAfterMs: 5_000,
      },
    ]);
  });

  test("takes its servers from the environment", async () => {
    const folder = sourceOf(mskArn, 'engine: KAFKA, servers: ["${KAFKA}"]');
    expect((await load(folder, { env: { KAFKA: "k:1" } })).kafkaClusters).toMatchObject([{ servers: ["k:1"] }]);
    expect(await refusal(folder)).toContain("the variable `KAFKA` is not set");
  });

  test("may have a server that a module has not", async () => {
    const source = `{ engine: "KAFKA", servers: [process.env.NO_SUCH_SERVER] }`;
    const text = `export default { sources: { ${JSON.stringify(mskArn)}: ${source} } };\n`;
    const said = await refusal(folderWith({ "millrace.config.mjs": text }));
    expect(said).toContain("`servers[0]` is undefined, and has to be HOST:PORT");
  });

  test("has an authority only with servers and TLS", async () => {
    const { caFile } = await createCertificates(folderWith({}));
    const servers = 'servers: ["k:1"]';
    expect((await load(sourceOf(mskArn, `engine: KAFKA, ${servers}, caFile: ${caFile}`))).kafkaClusters).toMatchObject([
      { caFile },
    ]);
    expect(await refusal(sourceOf(mskArn, `engine: KAFKA, caFile: ${caFile}`))).toContain(
      "`caFile` is for a cluster with `servers`",
    );
    expect(await refusal(sourceOf(mskArn, `engine: KAFKA, ${servers}, tls: false, caFile: ${caFile}`))).toContain(
      "`caFile` is for TLS, and `tls` is false",
    );
    expect(await refusal(sourceOf(mskArn, "engine: KAFKA, tls: true"))).toContain(
      "`tls` is for a cluster with `servers`",
    );
  });

  test("is named once: one server in common makes it the same", async () => {
    const text = `sources:\n  ${ownKey}: { engine: KAFKA }\n  kafka://b.internal:9092: { engine: KAFKA }\n`;
    const said = await refusal(folderWith({ "millrace.config.yaml": text }));
    expect(said).toContain("`b.internal:9092` is a server of another source");
    expect(said).toContain("millrace.config.yaml:3:");
  });
});

describe("a DocumentDB cluster", () => {
  test("is embedded, or where its `url` says", async () => {
    const usualOne = { arn: docDbArn, url: null, caFile: null, isKeepingServerFields: false, disabledAfterMs: 600_000 };
    expect((await load(sourceOf(docDbArn, "engine: DOCDB"))).documentDbs).toEqual([usualOne]);
    const url = "mongodb://a:27017,b:27017/?replicaSet=rs0";
    expect(
      (await load(sourceOf(docDbArn, `engine: DOCDB, url: "${url}", keepServerFields: true`))).documentDbs,
    ).toEqual([{ ...usualOne, url, isKeepingServerFields: true }]);
  });

  test("has an authority only with TLS", async () => {
    const { caFile } = await createCertificates(folderWith({}));
    const at = (url: string): string => sourceOf(docDbArn, `engine: DOCDB, url: "${url}", caFile: ${caFile}`);
    expect((await load(at("mongodb://a:27017/?tls=true"))).documentDbs).toMatchObject([{ caFile }]);
    expect(await refusal(at("mongodb://a:27017/"))).toContain("`caFile` is for TLS, and `url` has none");
  });
});

test.each([
  [mskArn, "engine: RABBITMQ", "RABBITMQ does not run behind such a key"],
  [mskArn, "engine: DOCDB", "DOCDB does not run behind such a key"],
  [docDbArn, "engine: KAFKA", "KAFKA does not run behind such a key"],
  ["arn:aws:mq:us-east-1:000000000000:broker:b:b-1", "engine: KAFKA", "KAFKA does not run behind such a key"],
  [mskArn, 'engine: KAFKA, url: "amqp://k:1"', "`url` is not for KAFKA"],
  [docDbArn, 'engine: DOCDB, servers: ["k:1"]', "`servers` is not for DOCDB"],
  [docDbArn, "engine: DOCDB, redeliveries: 1", "`redeliveries` is not for DOCDB"],
  [mskArn, "engine: KAFKA, keepServerFields: true", "`keepServerFields` is not for KAFKA"],
  [mskArn, 'engine: KAFKA, servers: ["k"]', "this is no address of a Kafka server"],
  [mskArn, 'engine: KAFKA, servers: ["user:secret@k:1"]', "this is no address of a Kafka server"],
  [docDbArn, 'engine: DOCDB, url: "mongodb://user:secret@k:1/"', "`url` is no address of a MongoDB server"],
  [docDbArn, 'engine: DOCDB, url: "http://k:1"', "`url` is no address of a MongoDB server"],
])("%s: { %s } is refused", async (key, members, text) => {
  expect(await refusal(sourceOf(key, members))).toContain(text);
});

test("a schema registry is where its `url` says, with an authority only over TLS", async () => {
  const { caFile } = await createCertificates(folderWith({}));
  const at = (members: string): string =>
    folderWith({ "millrace.config.yaml": `schemaRegistries:\n  https://registry.internal: { ${members} }\n` });
  const uri = "https://registry.internal";
  expect((await load(at('url: "http://127.0.0.1:8081"'))).schemaRegistries).toEqual([
    { uri, url: "http://127.0.0.1:8081", caFile: null },
  ]);
  expect((await load(at(`url: "https://127.0.0.1:8081", caFile: ${caFile}`))).schemaRegistries).toEqual([
    { uri, url: "https://127.0.0.1:8081", caFile },
  ]);
  expect(await refusal(at(`url: "http://127.0.0.1:8081", caFile: ${caFile}`))).toContain("`caFile` is for TLS");
});

describe("two mappings of one source and function", () => {
  const twins = (one: string, other: string): string =>
    folderWith({
      "millrace.config.yaml": `functions: { f: { Handler: f.handler } }
mappings:
  - { FunctionName: f, ${one} }
  - { FunctionName: f, ${other} }
`,
      "f.ts": "export const handler = () => {};\n",
    });
  const TWIN = "ties the same source to the same function already";
  const own = (topic: string): string =>
    `SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } }, Topics: [${topic}]`;
  const collection = (name: string): string =>
    `EventSourceArn: "${docDbArn}", DocumentDBEventSourceConfig: { DatabaseName: d, CollectionName: ${name} }`;

  test("are no twins where topics, or collections, differ", async () => {
    await load(twins(own("a"), own("b")));
    await load(twins(collection("a"), collection("b")));
    await load(twins(`EventSourceArn: "${mskArn}", Topics: [a]`, `EventSourceArn: "${mskArn}", Topics: [b]`));
    expect(await refusal(twins(own("a"), own("a")))).toContain(TWIN);
    expect(await refusal(twins(collection("a"), collection("a")))).toContain(TWIN);
  });
});
