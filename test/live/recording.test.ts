// A poison story recorded on a running server, on the embedded store and on Redis, and replayed without either.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { runCommand, startCommand } from "../cli/run-command.ts";
import { kinesisAt, lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { aHouse, base, type House, numbered } from "./support/house.ts";
import { aFolder, configIn, type FileMembers, queueArn, toldBy } from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { aWitness, type Decide, goOn } from "./support/witness.ts";

const poisoned: Decide = ({ texts }) => (texts.includes("r6") ? { do: "throw", message: "bad" } : goOn);

/** Records the story of ten records of which the seventh is poison; answers the file's text. */
async function recordedStory(members: FileMembers = {}, flags: readonly string[] = []) {
  const { witness, server, lambda, kinesis }: House = await aHouse({ members });
  witness.orders(poisoned);
  await mapped(server, lambda, {
    ...base,
    BatchSize: 10,
    MaximumBatchingWindowInSeconds: 1,
    BisectBatchOnFunctionError: true,
    MaximumRetryAttempts: 1,
    ...("queues" in members ? { DestinationConfig: { OnFailure: { Destination: queueArn("failed") } } } : {}),
  });
  const words = ["record", "f", "poison.mrec", "--endpoint", server.url, ...flags];
  const recording = startCommand(server.stateDir, words);
  await recording.errorLine(/^recording /);
  await put(kinesis, "orders", numbered(10));
  await server.log.entry(({ kind }) => kind === "gave-up");
  await witness.sees(() => witness.texts().includes("r9"));
  await server.log.entry((entry) => entry.kind === "decided" && entry.verdict === "done" && entry.batch === "1.2.2");
  recording.signal("SIGINT");
  const ended = await recording.ended;
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.out).toContain("next  millrace replay poison.mrec");
  const text = readFileSync(join(server.stateDir, "poison.mrec"), "utf8");
  return { folder: server.stateDir, text, url: server.url };
}

async function replayed(folder: string, more: readonly string[] = []) {
  const { code, out, error } = await runCommand(folder, ["replay", "poison.mrec", "--json", ...more]);
  expect(error).toBe("");
  return { code, answer: JSON.parse(out) as Readonly<Record<string, unknown>> };
}

const story = {
  isAsRecorded: true,
  difference: null,
  end: "stopped",
  closedBy: { size: 1 },
  recordCount: 10,
  givenUp: [expect.objectContaining({ batch: "1.2.1.2", attempts: 2, condition: "RetryAttemptsExhausted" })],
};

test("a poison story on the embedded store is recorded, and replays to the same digest without a server", async () => {
  const { folder, text, url } = await recordedStory({ queues: ["failed"] });
  const { code, answer } = await replayed(folder);
  expect(code).toBe(0);
  expect(answer).toMatchObject(story);
  expect(answer["digest"]).toBe(answer["recordedDigest"]);
  expect(text).not.toMatch(/WITNESS|Environment/);

  const { out } = await runCommand(folder, ["replay", "poison.mrec"]);
  expect(out).toMatch(/^as recorded: same journal, digest [0-9a-f]{8} ✓$/m);
  expect(out).toContain("batch 1  1–10✗ 1–5✓ 6–10✗ 6–7✗ 6✓ 7✗■ 8–10✓");

  const words = ["--until", "1.2.1.2", "--attempt", "2", "--event", "event.json"];
  const stopped = await replayed(folder, words);
  expect(stopped.answer["stopped"]).toMatchObject({ batch: "1.2.1.2", attempt: 2, isEnded: false, waitingCount: 0 });
  // Told of a file as of a server's journal.
  const told = await runCommand(folder, ["explain", "1", "--journal", "poison.mrec"]);
  expect(told.out).toContain("verdict  the record: it failed alone 2 times of 2 with one error");
  expect(told.out).toContain("replay poison.mrec --until ");
  expect((await runCommand(folder, ["explain", "r6", "--journal", "poison.mrec"])).out).toContain("place 7 of 10");

  // Made afterwards, from what journal and source still have.
  const made = await runCommand(folder, ["record", "--batch", "1", "made.mrec", "--state", ".", "--endpoint", url]);
  expect(made).toMatchObject({ code: 0, error: "" });
  const again = await runCommand(folder, ["replay", "made.mrec", "--json", "--full"]);
  expect(JSON.parse(again.out)).toMatchObject({ ...story, missing: [expect.stringContaining("they arrive together")] });
  const since = await runCommand(folder, [
    "record",
    "f",
    "since.mrec",
    "--since",
    "1h",
    "--state",
    ".",
    "--endpoint",
    url,
  ]);
  expect(since).toMatchObject({ code: 0, error: "" });
  expect(JSON.parse((await runCommand(folder, ["replay", "since.mrec", "--json"])).out)).toMatchObject(story);

  const event = JSON.parse(readFileSync(join(folder, "event.json"), "utf8")) as {
    readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
  };
  expect(event.Records.map(({ kinesis }) => atob(kinesis.data))).toEqual(["r6"]);
});

test("on Redis the same; without payloads the batches replay, and an event cannot be made", async () => {
  const redis = await startBroker("redis", { own: true });
  onTestFinished(() => redis.stop());
  const { folder, text } = await recordedStory({ brokers: { redis: { url: redis.url } } }, ["--no-payloads"]);
  const { answer } = await replayed(folder);
  expect(answer).toMatchObject({ ...story, isWithPayloads: false });
  // As data; the partition key is the lane's, and stays.
  expect(text).toMatch(/"r6",null\]/);
  const refused = await runCommand(folder, ["replay", "poison.mrec", "--until", "1", "--event", "event.json"]);
  expect(refused).toMatchObject({ code: 2 });
  expect(refused.error).toContain("recorded without payloads");
});

test("a server that is killed in mid-recording leaves a file that replays, and is said to have no end", async () => {
  const witness = await aWitness();
  const folder = aFolder();
  configIn(folder, { streams: { orders: {} }, functions: { f: toldBy(witness.url) } });
  const server = await started(folder);
  const { UUID } = await lambdaAt(server.url).send(
    new (await import("@aws-sdk/client-lambda")).CreateEventSourceMappingCommand({ ...base, BatchSize: 2 }),
  );
  await server.running.line(/"to":"Enabled"/);
  const recording = startCommand(folder, ["record", UUID ?? "", "killed.mrec", "--endpoint", server.url]);
  await recording.errorLine(/^recording /);
  await put(kinesisAt(server.url), "orders", numbered(40));
  await witness.sees(() => witness.texts().length === 40);
  await expect.poll(() => readFileSync(join(folder, "killed.mrec"), "utf8")).toContain('"k":"fed"');
  server.running.signal("SIGKILL");
  expect(await recording.ended).toMatchObject({
    code: 1,
    out: expect.stringContaining("the server has gone") as string,
  });
  const path = join(folder, "killed.mrec");
  writeFileSync(path, readFileSync(path, "utf8").slice(0, -7));
  const { code, out } = await runCommand(folder, ["replay", "killed.mrec"]);
  expect(code).toBe(0);
  expect(out).toContain("its last line is cut off");
  expect(out).toContain("as recorded: same journal");
});

test("a recording keeps to its limit, says so, and is one at a time", async () => {
  const { server, lambda, kinesis } = await aHouse();
  await mapped(server, lambda, base);
  const query = "limit=3000";
  const answer = await fetch(`${server.url}/_millrace/recordings?${query}`, { method: "POST" });
  const second = await fetch(`${server.url}/_millrace/recordings`, { method: "POST" });
  expect(second.status).toBe(409);
  await put(kinesis, "orders", numbered(200));
  const text = await answer.text();
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(3_000);
  expect(text.trimEnd().split("\n").at(-1)).toMatch(/^\{"k":"end","atMs":\d+,"why":"limit"\}$/);
  expect((await fetch(`${server.url}/_millrace/recordings/stop`, { method: "POST" })).status).toBe(409);
});
