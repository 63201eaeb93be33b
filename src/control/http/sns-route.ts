// SNS over HTTP: the query protocol, by POST; its two links also by GET.

import type { FastifyReply, FastifyRequest } from "fastify";
import { SNS_VERSION } from "../sns/sns-answer.ts";
import { callSns, isSnsLink, isSnsOperation } from "../sns/sns-calls.ts";
import type { SnsContext } from "../sns/sns-context.ts";
import { queryTree } from "./query-tree.ts";
import { type XmlElement, xmlText } from "./xml.ts";

const NAMESPACE = `https://sns.amazonaws.com/doc/${SNS_VERSION}/`;

/** Null: the call is none of SNS. A link that is followed says no version. */
export function answerSns(
  context: SnsContext,
  members: URLSearchParams,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> | null {
  const operation = members.get("Action") ?? "";
  if (!isSnsOperation(operation)) return null;
  const isLink = request.method === "GET" && isSnsLink(operation);
  const version = members.get("Version") ?? (isLink ? SNS_VERSION : null);
  if (version !== SNS_VERSION || (request.method === "GET" && !isLink)) return null;
  return callSns(context, operation, queryTree(members)).then((answer) => {
    const tail: XmlElement = ["ResponseMetadata", [["RequestId", request.id]]];
    void reply.header("content-type", "text/xml");
    if (answer.kind === "result") {
      const { result } = answer;
      const whole = result === null ? [tail] : ([[`${operation}Result`, result], tail] as const);
      return reply.code(200).send(xmlText([`${operation}Response`, whole], { namespace: NAMESPACE }));
    }
    const type = answer.status < 500 ? "Sender" : "Receiver";
    const error: XmlElement = [
      "Error",
      [
        ["Type", type],
        ["Code", answer.code],
        ["Message", answer.text],
      ],
    ];
    return reply
      .code(answer.status)
      .send(xmlText(["ErrorResponse", [error, ["RequestId", request.id]]], { namespace: NAMESPACE }));
  });
}
