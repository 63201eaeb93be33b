// Pausing, stepping and letting go on over HTTP and by the command line, as a person does.

import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { runCommand } from "../cli/run-command.ts";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { aFolder } from "./support/live-server.ts";

async function post(url: string, page: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(`${url}/_millrace/mappings/${page}`, { method: "POST", headers });
  return { status: answer.status, body: JSON.parse(await answer.text()) as Readonly<Record<string, unknown>> };
}

test("a paused mapping calls nothing, a step lets one batch through, and all is delivered once in the end", async () => {
  const { witness, server, lambda, kinesis } = await aHouse();
  const uuid = await mapped(server, lambda, { ...base, BatchSize: 2 });
  const paused = await post(server.url, `${uuid}/pause`);
  expect(paused).toEqual({ status: 200, body: { uuid, state: "Enabled", isPaused: true } });
  await server.log.entry(({ kind }) => kind === "mapping-paused");
  await put(kinesis, "orders", numbered(6));
  await server.log.entry(({ kind }) => kind === "batch-closed");
  expect(witness.texts()).toEqual([]);
  const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
  expect(State).toBe("Enabled");

  expect((await post(server.url, `${uuid}/step`)).status).toBe(200);
  await server.log.entry(({ kind }) => kind === "checkpoint");
  expect(witness.texts()).toEqual(["r0", "r1"]);

  const bin = ["--endpoint", server.url];
  const stepped = await runCommand(server.stateDir, ["step", "f", ...bin]);
  expect(stepped).toMatchObject({ code: 0 });
  expect(stepped.out).toBe(`${uuid.slice(0, 8)} kinesis:orders -> f Enabled, paused; its next call goes through\n`);
  await allOf(witness, 4);
  const resumed = await runCommand(server.stateDir, ["resume", uuid.slice(0, 8), "--json", ...bin]);
  expect(JSON.parse(resumed.out)).toEqual({ uuid, state: "Enabled", isPaused: false });
  await allOf(witness, 6);
  expect(witness.texts()).toEqual(numbered(6));
});

test("what cannot be steered is told: no such mapping, one that does not run, one that is not paused", async () => {
  const { server, lambda } = await aHouse();
  const uuid = await mapped(server, lambda, base);
  expect((await post(server.url, "nobody/pause")).status).toBe(404);
  expect((await post(server.url, `${uuid}/step`)).status).toBe(409);
  const unknown = await runCommand(server.stateDir, ["pause", "g", "--endpoint", server.url]);
  expect(unknown.code).toBe(2);
  expect(unknown.error).toContain(`there is no mapping \`g\`; the server has ${uuid.slice(0, 8)} (f)`);
  expect(unknown.error).toContain(`\nhelp: npm run --silent millrace -- pause f --endpoint ${server.url}\n`);
  const early = await runCommand(server.stateDir, ["step", "f", "--endpoint", server.url]);
  expect(early.error).toContain(
    `help: npm run --silent millrace -- pause ${uuid.slice(0, 8)} --endpoint ${server.url}\n`,
  );
});

test("a mapping that is Disabled is enabled by AWS's own command, which is told where the server is", async () => {
  const { server, lambda } = await aHouse();
  const uuid = await mapped(server, lambda, { ...base, Enabled: false });
  const enable = `aws lambda update-event-source-mapping --uuid ${uuid} --enabled --endpoint-url ${server.url}`;
  const paused = await runCommand(server.stateDir, ["pause", "f", "--endpoint", server.url]);
  expect(paused).toMatchObject({ code: 2 });
  expect(paused.error).toContain(`\nhelp: ${enable}\n`);
  const told = await runCommand("/", ["explain", "f", "--state", server.stateDir]);
  expect(told.out).toContain(`\nnext     ${enable}\n`);
});

test("nobody steers by a link or from a foreign page", async () => {
  const { server, lambda } = await aHouse();
  const uuid = await mapped(server, lambda, base);
  const foreign = await post(server.url, `${uuid}/pause`, { origin: "https://elsewhere.example" });
  expect(foreign.status).toBe(403);
  const linked = await fetch(`${server.url}/_millrace/mappings/${uuid}/pause`);
  expect(linked.ok).toBe(false);
  expect(server.running.views()[0]?.isPaused).toBe(false);
});

test("H-7: a server stops while a paused mapping holds a batch, and its next start delivers it, unpaused", async () => {
  const folder = aFolder();
  const first = await aHouse({ folder });
  const uuid = await mapped(first.server, first.lambda, base);
  first.server.running.pause(uuid);
  await put(first.kinesis, "orders", ["r0", "r1"]);
  await first.server.log.entry(({ kind }) => kind === "batch-closed");
  expect(await first.server.stop()).toEqual([]);
  expect(first.witness.texts()).toEqual([]);

  const { witness, server } = await aHouse({ folder });
  await allOf(witness, 2);
  expect(server.running.views().map(({ state, isPaused }) => [state, isPaused])).toEqual([["Enabled", false]]);
});

test("E-66: a paused mapping whose poller dies is paused again in the next one", async () => {
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  onTestFinished(() => void process.off("worker", onThread));
  const { witness, server, lambda, kinesis } = await aHouse({ members: { pollers: 1 } });
  const uuid = await mapped(server, lambda, base);
  server.running.pause(uuid);
  await server.log.entry(({ kind }) => kind === "mapping-paused");
  await threads.at(-1)?.terminate();
  const isPaused = (): number => server.log.entries.filter(({ kind }) => kind === "mapping-paused").length;
  await server.log.entry(() => isPaused() === 2);
  await put(kinesis, "orders", ["r0"]);
  await server.log.entry(({ kind }) => kind === "batch-closed");
  expect(witness.texts()).toEqual([]);
  server.running.step(uuid);
  await allOf(witness, 1);
});
