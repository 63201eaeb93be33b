// Who am I, and what is this secret: STS and Secrets Manager as the unmodified clients see them, and by GET as a person may.

import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ConfiguredSecret } from "../../src/control/secrets/secret-table.ts";
import { aServedHouse } from "./doubles/served.ts";

const common = { region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "any" }, maxAttempts: 1 };

describe("GetCallerIdentity", () => {
  const identity = { Account: "123456789012", Arn: "arn:aws:iam::123456789012:root", UserId: "123456789012" };

  test("everybody is the account's root", async () => {
    const client = new STSClient({ ...common, endpoint: (await aServedHouse()).url });
    onTestFinished(() => client.destroy());
    const answer = await client.send(new GetCallerIdentityCommand({}));
    expect(answer).toMatchObject(identity);
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("by GET as well, in the same XML", async () => {
    const { url } = await aServedHouse();
    const answer = await fetch(`${url}/?Action=GetCallerIdentity&Version=2011-06-15`);
    const id = answer.headers.get("x-amzn-requestid");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/xml"]);
    expect(await answer.text()).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        `<Arn>${identity.Arn}</Arn><UserId>${identity.UserId}</UserId><Account>${identity.Account}</Account>` +
        `</GetCallerIdentityResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
    );
  });

  test("another version of the protocol is not it", async () => {
    const { url } = await aServedHouse();
    const answer = await fetch(`${url}/?Action=GetCallerIdentity`);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("<Code>InvalidAction</Code>")]);
  });
});

describe("GetSecretValue", () => {
  const wholeArn = "arn:aws:secretsmanager:eu-west-1:999999999999:secret:prod/db-AbCdEf";
  const secrets: readonly ConfiguredSecret[] = [
    { id: "kafka/login", text: '{"username":"u","password":"hush-hush"}' },
    { id: wholeArn, text: "whole" },
    { id: "arn:aws:secretsmanager:us-east-1:123456789012:secret:open", text: "open" },
    { id: "kafka", text: "another" },
  ];

  async function house() {
    const { url } = await aServedHouse(secrets);
    const client = new SecretsManagerClient({ ...common, endpoint: url });
    onTestFinished(() => client.destroy());
    return { url, get: (input: object) => client.send(new GetSecretValueCommand({ SecretId: "", ...input })) };
  }

  test("by name: the text, the ARN with six more characters, one current version", async () => {
    const { get } = await house();
    const answer = await get({ SecretId: "kafka/login" });
    expect(answer).toMatchObject({
      ARN: expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:kafka\/login-[A-Za-z0-9]{6}$/),
      CreatedDate: new Date(1_789_481_367_345),
      Name: "kafka/login",
      SecretString: '{"username":"u","password":"hush-hush"}',
      VersionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      VersionStages: ["AWSCURRENT"],
    });
    const { ARN, VersionId } = answer;
    expect(await get({ SecretId: ARN, VersionId, VersionStage: "AWSCURRENT" })).toMatchObject({ Name: "kafka/login" });
    expect(await get({ SecretId: ARN?.slice(0, -7) })).toMatchObject({ Name: "kafka/login" });
    // What AWS's own six characters are, the configuration cannot know.
    expect(await get({ SecretId: `${ARN?.slice(0, -6)}Zz09Zz` })).toMatchObject({ Name: "kafka/login" });
    expect(await get({ SecretId: "kafka" })).toMatchObject({ SecretString: "another" });
  });

  test("a secret that is configured by its ARN keeps it, and is no other account's", async () => {
    const { get } = await house();
    for (const SecretId of [wholeArn, wholeArn.slice(0, -7), "prod/db"]) {
      expect(await get({ SecretId })).toMatchObject({ ARN: wholeArn, Name: "prod/db", SecretString: "whole" });
    }
    expect(await get({ SecretId: "open" })).toMatchObject({ Name: "open" });
    for (const SecretId of [
      wholeArn.replace("AbCdEf", "GhIjKl"),
      wholeArn.replace("999999999999", "123456789012"),
      "prod",
      "nix",
    ]) {
      await expect(get({ SecretId })).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret.",
      });
    }
  });

  test("other versions are not there, and broken requests are refused; no error tells the value", async () => {
    const { url, get } = await house();
    const SecretId = "kafka/login";
    await expect(get({ SecretId, VersionStage: "AWSPREVIOUS" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS",
    });
    await expect(get({ SecretId, VersionId: "v".repeat(32) })).rejects.toMatchObject({
      message: `Secrets Manager can't find the specified secret value for VersionId: ${"v".repeat(32)}`,
    });
    const bodies = [
      "{}",
      '{"SecretId":5}',
      '{"SecretId":""}',
      "{",
      '{"SecretId":"kafka/login","VersionId":"short"}',
      "[]",
    ];
    const answers = await Promise.all(
      bodies.map(async (body) => {
        const headers = {
          "x-amz-target": "secretsmanager.GetSecretValue",
          "content-type": "application/x-amz-json-1.1",
        };
        const answer = await fetch(url, { method: "POST", headers, body });
        return [answer.status, await answer.text()] as const;
      }),
    );
    expect(answers.map(([status]) => status)).toEqual(bodies.map(() => 400));
    expect(answers[0]?.[1]).toContain("Value null at 'secretId' failed to satisfy constraint: Member must not be null");
    for (const [, text] of answers) expect(text).not.toContain("hush");
  });
});
