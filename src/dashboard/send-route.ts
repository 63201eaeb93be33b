// `POST /_millrace/mappings/UUID/send`: test records into the source of a mapping, whatever its kind, exactly as `millrace send` puts them there:
// through the server's own calls, with all that those check.

import type { FastifyInstance } from "fastify";
import type { Fetch } from "../cli/kinesis-endpoint.ts";
import type { SendFlags } from "../cli/send-flags.ts";
import { sendRecords } from "../cli/send-command.ts";
import { shortArn, shownSource } from "../cli/shown-forms.ts";
import { sourceFamily } from "../cli/source-family.ts";
import { jsonBody, objectOf, pathText } from "../control/http/local-body.ts";
import type { EngineOf } from "../control/mapping/source-kinds.ts";
import { accessOf } from "../control/source-access.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import type { Clock } from "../ports/clock.ts";
import { withoutConsumer } from "../ports/consumers.ts";
import type { Random } from "../ports/random.ts";
import { refuse, refuseError } from "./page-routes.ts";

const MOST_RECORDS = 1_000;
/** Of Kinesis. */
const MOST_KEY_LENGTH = 256;
/** Where a mapping reads a whole database: a collection of it. */
const TEST_COLLECTION = "test";
/** Messages of FIFO queues need a group. */
const TEST_GROUP = "dashboard";

const SHAPE =
  'The body is {"data": text, "key": text, "groupId": text, "count": 1 to 1,000}, none of which has to be there.';

export interface SendRoute {
  readonly control: Pick<ControlPlane, "getMapping">;
  readonly engineOf: EngineOf;
  readonly clock: Clock;
  readonly random: Random;
}

interface Wish {
  readonly data: string | null;
  readonly key: string | null;
  readonly groupId: string | null;
  readonly count: number;
}

export function addSendRoute(app: FastifyInstance, route: SendRoute): void {
  app.post("/_millrace/mappings/:uuid/send", async (request, reply) => {
    const uuid = pathText(request, "uuid");
    const { status, body } = await route.control.getMapping(uuid);
    if (status >= 300)
      return refuse(reply, { status: 404, code: "no-mapping", message: `There is no mapping ${uuid}.` });
    const wish = wishFrom(jsonBody(request));
    if (wish === null) return refuse(reply, { status: 400, code: "bad-argument", message: SHAPE });
    const settings: Readonly<Record<string, unknown>> = { ...Object(body) };
    const flaw = flawOf(wish, settings);
    if (flaw !== null) return refuse(reply, { status: 400, code: "bad-argument", ...flaw });
    const target = targetOf(settings, route.engineOf);
    try {
      return await reply.send(await sent(app, { target, wish, settings }, route));
    } catch (error) {
      return refuseError(reply, error);
    }
  });
}

/** What `millrace send --json` answers, and the command that does the same. */
async function sent(
  app: FastifyInstance,
  {
    target,
    wish,
    settings,
  }: { readonly target: string; readonly wish: Wish; readonly settings: Readonly<Record<string, unknown>> },
  { clock, random }: SendRoute,
): Promise<object> {
  const flags = flagsOf(target, wish, settings);
  let text = "";
  const terminal = { cwd: process.cwd(), env: {}, write: (more: string) => void (text += more), writeError: () => {} };
  await sendRecords(target, { ...flags, endpoint: "http://localhost/", json: true }, terminal, {
    fetchFrom: ownCalls(app),
    uuid: () => random.uuid("partition-key"),
    nowMs: () => clock.nowMs(),
  });
  return { target, count: wish.count, ...Object(JSON.parse(text)) };
}

function flagsOf(
  target: string,
  { data, key, groupId, count }: Wish,
  settings: Readonly<Record<string, unknown>>,
): SendFlags {
  const common = { count, ...(data === null ? {} : { data }) };
  const group = groupId ?? (target.endsWith(".fifo") ? TEST_GROUP : null);
  const isTopic = sourceFamily(settings) === "topic";
  const virtualHost = accessOf({ ...Object(settings) }, "VIRTUAL_HOST");
  return {
    ...common,
    ...(key === null ? {} : isTopic ? { key } : { partitionKey: key }),
    ...(group === null ? {} : { group }),
    ...(virtualHost === null ? {} : { virtualHost }),
  };
}

/** As `millrace send` names it. */
function targetOf(settings: Readonly<Record<string, unknown>>, engineOf: EngineOf): string {
  const { EventSourceArn: named } = settings;
  const arn = typeof named === "string" ? named : "";
  switch (sourceFamily(settings)) {
    case "broker": {
      const [queue]: readonly unknown[] = Array.isArray(settings["Queues"]) ? settings["Queues"] : [];
      const engine = engineOf(arn) === "rabbitMq" ? "rabbitmq" : "activemq";
      return `${engine}:${shortArn(arn).replace(/^mq:/, "")}/${String(queue)}`;
    }
    case "changes": {
      const collection: unknown = Reflect.get(Object(settings["DocumentDBEventSourceConfig"]), "CollectionName");
      const shown = shownSource(settings);
      return typeof collection === "string" ? shown : `${shown}/${TEST_COLLECTION}`;
    }
    case "topic":
      return shownSource(settings);
    default:
      return shortArn(withoutConsumer(arn)).replace(/^kinesis:/, "");
  }
}

function wishFrom(value: unknown): Wish | null {
  const given = objectOf(value);
  if (given === null) return null;
  const { data = null, key = null, groupId = null, count = 1, ...others } = given;
  if (Object.keys(others).length > 0) return null;
  const isText = (each: unknown): each is string | null => each === null || typeof each === "string";
  if (!isText(data) || !isText(key) || !isText(groupId)) return null;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > MOST_RECORDS) return null;
  return { data, key, groupId, count };
}

/** An empty key or group is none that a source takes: it is not as if it had been left out. */
function flawOf(
  { key, groupId }: Wish,
  settings: Readonly<Record<string, unknown>>,
): { readonly message: string; readonly help: string } | null {
  const isStream = String(settings["EventSourceArn"]).split(":")[2] === "kinesis";
  if (isStream && key !== null && (key === "" || key.length > MOST_KEY_LENGTH))
    return { message: `key has 1 to ${MOST_KEY_LENGTH} characters, and not ${key.length}.`, help: '{"key": "a"}' };
  if (key === "") return { message: "key is empty: leave it out, or name one.", help: '{"key": "a"}' };
  if (groupId === "") return { message: "groupId is empty: leave it out, or name one.", help: '{"groupId": "a"}' };
  return null;
}

/** Calls of this very server, without a connection. */
function ownCalls(app: FastifyInstance): Fetch {
  return async (url, { method, headers, body }) => {
    const { pathname, search } = new URL(url);
    const answer = await app.inject({
      method: method === "POST" ? "POST" : "GET",
      url: `${pathname}${search}`,
      headers: { host: "localhost", ...Object.fromEntries(new Headers(headers)) },
      payload: typeof body === "string" ? body : "",
    });
    return new Response(answer.payload, { status: answer.statusCode });
  };
}
