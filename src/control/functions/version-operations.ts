// PublishVersion, and DeleteFunction for a version or the whole.

import { type ApiAnswer, failure, success } from "../api-answer.ts";
import { codeSha256, configurationBody } from "./function-body.ts";
import { type FunctionContext, refuseConfigured, refuseForeignCode } from "./function-context.ts";
import { nothing } from "./function-operations.ts";
import { unbuilt } from "./function-rules.ts";
import { publishVersionShape, targetShape } from "./function-shapes.ts";
import { arnOf, isNumber, notFound, preconditionFailed, readTarget } from "./function-target.ts";
import { published } from "./published.ts";

const invalid = (text: string): ApiAnswer => failure("InvalidParameterValueException", text);

export async function publishVersion(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, publishVersionShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { name, request } = read;
  if (request.PublishTo !== undefined) return unbuilt("PublishTo", "a version has a number");
  const missing = notFound(arnOf({ name, qualifier: null }, context.settings));
  if (context.functions.get(name) === null) return missing;
  return await context.functions.turn(name, async ({ kept }) => {
    if (kept === null) return nothing(missing);
    const { record, isConfigured } = kept;
    // Its code changes under a version's feet.
    if (isConfigured) return nothing(refuseConfigured(context, name, "code"));
    if (record.source.kind !== "zip") return nothing(refuseForeignCode(name, record.source));
    if (request.RevisionId !== undefined && request.RevisionId !== record.revisionId)
      return nothing(preconditionFailed());
    const sha = codeSha256(record.source);
    if (request.CodeSha256 !== undefined && request.CodeSha256 !== sha) {
      return nothing(
        invalid(
          `CodeSHA256 (${request.CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha}). Please try again with the CodeSHA256 in $LATEST.`,
        ),
      );
    }
    const { version, record: after, isNew } = published(context, record, request.Description ?? null);
    const shown = {
      snapshot: version,
      version: version.version,
      qualifier: version.version,
      phase: "settled",
    } as const;
    const answer = success(201, configurationBody(shown, context.settings));
    return isNew ? { answer, change: { kind: "put", record: after, also: [] } } : nothing(answer);
  });
}

export async function deleteFunction(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, targetShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { name, qualifier } = read;
  if (qualifier === "$LATEST") return invalid("$LATEST version cannot be deleted without deleting the function.");
  if (qualifier !== null && !isNumber(qualifier)) return invalid("Deletion of aliases is not currently supported.");
  const missing = notFound(arnOf({ name, qualifier: null }, context.settings));
  if (context.functions.get(name) === null) return missing;
  return await context.functions.turn(name, async ({ kept }) => {
    if (kept === null) return nothing(missing);
    const { record } = kept;
    if (qualifier === null) {
      const also = [{ kind: "delete", table: "tags", key: record.settings.arn }] as const;
      return { answer: success(204, null), change: { kind: "remove", also } };
    }
    const users = record.aliases.filter(
      ({ version, weights }) => version === qualifier || Object.hasOwn(weights, qualifier),
    );
    if (users.length > 0) {
      const names = users.map((each) => each.name).join(", ");
      const text = `Unable to delete version because the following aliases reference it: [${names}]`;
      return nothing(failure("ResourceConflictException", text));
    }
    const left = record.published.filter(({ version }) => version !== qualifier);
    // A version that is not there is gone already.
    if (left.length === record.published.length) return nothing(success(204, null));
    return { answer: success(204, null), change: { kind: "put", record: { ...record, published: left }, also: [] } };
  });
}
