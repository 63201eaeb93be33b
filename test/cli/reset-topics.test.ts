// `millrace reset MAPPING` of mappings on a topic and on a change stream: they begin at their starting position again where their places are
// kept here; what a group has committed at a cluster is the cluster's.

import { expect, test } from "vitest";
import { folderWith } from "../config/folder.ts";
import { runCommand, startCommand } from "./run-command.ts";

const msk = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-1";
const secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:docs-abcdef";
const files = {
  "millrace.config.yaml": `
functions: { f: { Handler: handler.main }, g: { Handler: handler.main }, h: { Handler: handler.main } }
secrets: { "${secret}": { username: u, password: p } }
mappings:
  - { EventSourceArn: "${msk}", Topics: [orders], FunctionName: f, StartingPosition: TRIM_HORIZON }
  - EventSourceArn: arn:aws:rds:us-east-1:000000000000:cluster:docs
    FunctionName: g
    StartingPosition: TRIM_HORIZON
    DocumentDBEventSourceConfig: { DatabaseName: shop, CollectionName: orders }
    SourceAccessConfigurations: [{ Type: BASIC_AUTH, URI: "${secret}" }]
  - SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["127.0.0.1:1"] } }
    FunctionName: h
    Topics: [orders]
    StartingPosition: TRIM_HORIZON
    SourceAccessConfigurations: [{ Type: VPC_SUBNET, URI: "subnet:subnet-1" }]
`,
  "handler.js": `
export const main = async ({ records, events }, { functionName }) => {
  const texts = records
    ? Object.values(records).flat().map(({ value }) => Buffer.from(value, "base64").toString())
    : events.map(({ event }) => event.documentKey._id);
  console.log("seen", functionName, texts.join(" "));
};
`,
};

test("a mapping on an embedded topic or collection starts anew; one on a cluster is refused, with the command that does it there (M-502)", async () => {
  const cwd = folderWith(files);
  const ended = (name: string, text: string) => new RegExp(` log {6}${name} \\w{8} seen ${name} ${text}$`);
  const first = startCommand(cwd, ["start", "--port", "0"]);
  const url = (await first.line(/^ready http/)).replace("ready ", "");
  await runCommand(cwd, ["send", "kafka:shop/orders", "--data", "one", "--endpoint", url]);
  await runCommand(cwd, ["send", "documentdb:docs/shop/orders", "--data", '{"_id": "a"}', "--endpoint", url]);
  await Promise.all([first.line(ended("f", "one")), first.line(ended("g", "a"))]);
  first.signal("SIGINT");
  expect((await first.ended).code).toBe(0);

  expect(await runCommand(cwd, ["reset", "f"])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^mapping \w{8} \(kafka:shop\/orders -> f\) starts anew at its starting position\n$/),
  });
  expect(await runCommand(cwd, ["reset", "g"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("docs/shop/orders"),
  });
  const refused = await runCommand(cwd, ["reset", "h"]);
  expect(refused).toMatchObject({ code: 2, out: "" });
  expect(refused.error).toMatch(
    /\(kafka:127\.0\.0\.1:1\/orders -> h\) goes on from what its group has committed at the cluster, which is not reset from here\n/,
  );
  expect(refused.error).toMatch(/kafka-consumer-groups\.sh --bootstrap-server 127\.0\.0\.1:1 --group [0-9a-f-]{36} /);

  const second = startCommand(cwd, ["start", "--port", "0"]);
  await Promise.all([second.line(ended("f", "one")), second.line(ended("g", "a"))]);
  second.signal("SIGINT");
  expect((await second.ended).code).toBe(0);
});
