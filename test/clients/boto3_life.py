"""A whole life of functions, a stream, queues and a mapping by boto3, unmodified. Prints what it is answered, a line a step."""

import io
import json
import time
import zipfile

import boto3

CODE = """
exports.handler = async (event, context) => {
  for (const { kinesis } of event.Records ?? [])
    if (Buffer.from(kinesis.data, "base64").toString() === "poison") throw new Error("poison");
  return { version: context.functionVersion, stage: process.env.STAGE ?? null, got: event.Records?.length ?? event };
};
"""
ROLE = "arn:aws:iam::000000000000:role/any"

lambda_ = boto3.client("lambda")
kinesis = boto3.client("kinesis")
sqs = boto3.client("sqs")


def zipped(code):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.js", code)
    return buffer.getvalue()


def tell(step, *values):
    print(step, *(value if isinstance(value, str) else json.dumps(value) for value in values), flush=True)


def refused(step, call, **members):
    try:
        call(**members)
        tell(step, "was not refused")
    except lambda_.exceptions.ClientError as error:
        answer = error.response
        tell(step, type(error).__name__, str(answer["ResponseMetadata"]["HTTPStatusCode"]), answer["Error"]["Message"])


def wait_for(uuid, state):
    while lambda_.get_event_source_mapping(UUID=uuid)["State"] != state:
        time.sleep(0.05)


def functions():
    made = lambda_.create_function(
        FunctionName="orders", Runtime="nodejs22.x", Role=ROLE, Handler="index.handler", Code={"ZipFile": zipped(CODE)}
    )
    tell("create_function", made["FunctionArn"], made["Version"])
    lambda_.get_waiter("function_active_v2").wait(FunctionName="orders", WaiterConfig={"Delay": 1})
    lambda_.update_function_configuration(FunctionName="orders", Environment={"Variables": {"STAGE": "test"}})
    lambda_.get_waiter("function_updated_v2").wait(FunctionName="orders", WaiterConfig={"Delay": 1})
    version = lambda_.publish_version(FunctionName="orders")["Version"]
    alias = lambda_.create_alias(FunctionName="orders", Name="live", FunctionVersion=version)
    tell("create_alias", alias["AliasArn"], alias["FunctionVersion"])
    tell("list_functions", [each["FunctionName"] for each in lambda_.get_paginator("list_functions").paginate().search("Functions[]")])
    refused("create_function again", lambda_.create_function, FunctionName="orders", Runtime="nodejs22.x", Role=ROLE,
            Handler="index.handler", Code={"ZipFile": zipped(CODE)})


def invocations():
    answer = lambda_.invoke(FunctionName="orders:live", Payload=json.dumps({"some": "event"}))
    tell("invoke", str(answer["StatusCode"]), answer["ExecutedVersion"], json.load(answer["Payload"]))
    event = {"Records": [{"kinesis": {"data": "cG9pc29u"}}]}
    failed = lambda_.invoke(FunctionName="orders", Payload=json.dumps(event), LogType="Tail")
    error = json.load(failed["Payload"])
    tell("invoke poison", failed["FunctionError"], error["errorType"], error["errorMessage"], "LogResult" in failed)
    tell("invoke event", str(lambda_.invoke(FunctionName="orders", InvocationType="Event", Payload="{}")["StatusCode"]))
    tell("invoke dry run", str(lambda_.invoke(FunctionName="orders", InvocationType="DryRun")["StatusCode"]))
    refused("invoke nobody", lambda_.invoke, FunctionName="nobody")


def mapping():
    kinesis.create_stream(StreamName="orders", ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})
    source = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    url = sqs.create_queue(QueueName="failed")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    members = {"EventSourceArn": source, "StartingPosition": "TRIM_HORIZON", "BatchSize": 1, "MaximumRetryAttempts": 0}
    made = lambda_.create_event_source_mapping(
        FunctionName="orders:live", DestinationConfig={"OnFailure": {"Destination": queue}}, Tags={"team": "a"}, **members
    )
    uuid, arn = made["UUID"], made["EventSourceMappingArn"]
    tell("create_event_source_mapping", made["State"], made["FunctionArn"])
    wait_for(uuid, "Enabled")
    refused("create_event_source_mapping again", lambda_.create_event_source_mapping, FunctionName="orders:live", **members)

    records = [{"Data": data, "PartitionKey": data} for data in ("good", "poison", "better")]
    tell("put_records", str(kinesis.put_records(StreamName="orders", Records=records)["FailedRecordCount"]))
    document = None
    while document is None:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", []):
            document = json.loads(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    tell("on failure", document["requestContext"]["condition"], document["requestContext"]["functionArn"],
         str(document["KinesisBatchInfo"]["batchSize"]))

    second = lambda_.create_event_source_mapping(FunctionName="orders", Enabled=False, **members)["UUID"]
    wait_for(second, "Disabled")
    pages = lambda_.get_paginator("list_event_source_mappings").paginate(EventSourceArn=source, PaginationConfig={"PageSize": 1})
    counts = [len(page["EventSourceMappings"]) for page in pages]
    tell("list_event_source_mappings", str(sum(counts)), "pages" if len(counts) > 1 else "no pages")
    tell("update_event_source_mapping", str(lambda_.update_event_source_mapping(UUID=uuid, BatchSize=25)["BatchSize"]))
    wait_for(uuid, "Enabled")

    lambda_.tag_resource(Resource=arn, Tags={"stage": "test"})
    lambda_.untag_resource(Resource=arn, TagKeys=["team"])
    tell("list_tags", lambda_.list_tags(Resource=arn)["Tags"])
    for each in (uuid, second):
        tell("delete_event_source_mapping", lambda_.delete_event_source_mapping(UUID=each)["State"])
    while lambda_.list_event_source_mappings()["EventSourceMappings"]:
        time.sleep(0.05)
    refused("get_event_source_mapping", lambda_.get_event_source_mapping, UUID=uuid)


def others():
    tell("get_caller_identity", boto3.client("sts").get_caller_identity()["Arn"])
    tell("get_secret_value", boto3.client("secretsmanager").get_secret_value(SecretId="db")["SecretString"])
    url = sqs.get_queue_url(QueueName="failed")["QueueUrl"]
    attribute = {"kind": {"DataType": "String", "StringValue": "greeting"}}
    sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=attribute)
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    tell("receive_message", message["Body"], message["MessageAttributes"]["kind"]["StringValue"])
    lambda_.delete_function(FunctionName="orders")
    refused("get_function", lambda_.get_function, FunctionName="orders")
    try:
        boto3.client("ssm").get_parameter(Name="nothing")
    except lambda_.exceptions.ClientError as error:
        tell("get_parameter", error.response["Error"]["Code"])


for part in (functions, invocations, mapping, others):
    part()
