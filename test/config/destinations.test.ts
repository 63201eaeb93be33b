// Endpoints of destinations in the configuration: where the credentials come from, and what is refused.

import { expect, test } from "vitest";
import { folderWith, load, refusal } from "./folder.ts";

const yaml = (text: string): string => folderWith({ "millrace.config.yaml": text });

test("an endpoint has its keys from a secret, and its region from the top unless it says one", async () => {
  const cwd = yaml(`
region: eu-west-1
secrets: { keys: { accessKeyId: a, secretAccessKey: b, sessionToken: c } }
destinations:
  sqs: { endpoint: "https://sqs.eu-west-1.amazonaws.com", secret: keys }
  s3: { endpoint: "http://127.0.0.1:9000", region: us-west-2, secret: keys }
`);
  const { destinations } = await load(cwd);
  const keys = { accessKeyId: "a", secretAccessKey: "b", sessionToken: "c" };
  expect(destinations).toEqual({
    sqs: { endpoint: "https://sqs.eu-west-1.amazonaws.com", region: "eu-west-1", ...keys },
    sns: null,
    s3: { endpoint: "http://127.0.0.1:9000", region: "us-west-2", ...keys },
  });
});

test.each([
  ["destinations: { sqs: { endpoint: 'ftp://x' } }", "`endpoint`"],
  ["destinations: { sqs: { endpoint: 'http://x', secret: none } }", "there is no secret `none`"],
  ["secrets: { s: text }\ndestinations: { sqs: { endpoint: 'http://x', secret: s } }", "the secret `s` is no JSON"],
  [
    "secrets: { s: { a: b } }\ndestinations: { sqs: { endpoint: 'http://x', secret: s } }",
    "the secret `s` has no accessKeyId",
  ],
  [
    "destinations: { sqs: { endpoint: 'http://x' } }",
    "there are no credentials: neither `secret` nor AWS_ACCESS_KEY_ID",
  ],
  ["destinations: { kafka: { endpoint: 'http://x' } }", "kafka"],
])("what cannot be is refused: %s", async (text, told) => {
  expect(await refusal(yaml(`${text}\n`))).toContain(told);
});
