"""A whole life of a table and of its stream by boto3, unmodified. Prints what it is answered, a line a step."""

import base64
import json
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

client = boto3.client("dynamodb")
streams = boto3.client("dynamodbstreams")
NAME = "orders"


def plain(value):
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, set):
        return sorted(value)
    return base64.b64encode(bytes(value)).decode()


def tell(step, *values):
    print(step, *(each if isinstance(each, str) else json.dumps(each, default=plain) for each in values), flush=True)


def refused(step, call, shown=lambda error: error["Error"]["Message"], **members):
    try:
        call(**members)
        tell(step, "was not refused")
    except ClientError as error:
        answer = error.response
        tell(step, answer["Error"]["Code"], str(answer["ResponseMetadata"]["HTTPStatusCode"]), shown(answer))


SHAPE = {
    "TableName": NAME,
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}

client.create_table(**SHAPE)
client.get_waiter("table_exists").wait(TableName=NAME, WaiterConfig={"Delay": 1})
made = client.describe_table(TableName=NAME)["Table"]
tell("create_table", made["TableArn"], made["TableStatus"], made["StreamSpecification"]["StreamViewType"])
refused("create_table again", client.create_table, **SHAPE)

table = boto3.resource("dynamodb").Table(NAME)
table.put_item(Item={"id": "a", "n": 1, "tags": {"x"}, "blob": b"\x01\x02"})
table.update_item(Key={"id": "a"}, UpdateExpression="ADD n :by", ExpressionAttributeValues={":by": 2})
item = table.get_item(Key={"id": "a"})["Item"]
tell("update_item", {name: item[name] for name in ("id", "n", "tags", "blob")})
refused("put_item", table.put_item, Item={"id": "a"}, ConditionExpression=Attr("id").not_exists())
with table.batch_writer() as batch:
    for number in range(30):
        batch.put_item(Item={"id": f"b-{number}", "n": number})
tell("batch_writer", f"{table.scan(FilterExpression=Attr('id').begins_with('b-'))['Count']} items")
found = [table.query(KeyConditionExpression=Key("id").eq(f"b-{number}"))["Items"][0]["id"] for number in (2, 3)]
tell("query", found)
refused(
    "transact_write_items",
    client.transact_write_items,
    lambda error: [each["Code"] for each in error["CancellationReasons"]],
    TransactItems=[
        {"Put": {"TableName": NAME, "Item": {"id": {"S": "c"}}}},
        {
            "ConditionCheck": {
                "TableName": NAME,
                "Key": {"id": {"S": "nobody"}},
                "ConditionExpression": "attribute_exists(id)",
            }
        },
    ],
)
table.delete_item(Key={"id": "b-0"})

arn = made["LatestStreamArn"]
described = streams.describe_stream(StreamArn=arn)["StreamDescription"]
shards = described["Shards"]
tell("describe_stream", described["StreamStatus"], f"{len(shards)} shard")
begin = streams.get_shard_iterator(StreamArn=arn, ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON")
records = streams.get_records(ShardIterator=begin["ShardIterator"])["Records"]
tell("get_records", str(len(records)), sorted({each["eventName"] for each in records}))
image = records[1]["dynamodb"]["NewImage"]
tell("image", {name: image[name] for name in ("id", "n", "tags", "blob")})
listed = streams.list_streams(TableName=NAME)["Streams"]
tell("list_streams", str(len(listed)), listed[0]["StreamArn"].split("/stream/")[0])
off = client.update_table(TableName=NAME, StreamSpecification={"StreamEnabled": False})
tell("update_table", "StreamSpecification" in off["TableDescription"])
try:
    client.update_time_to_live(TableName=NAME, TimeToLiveSpecification={"Enabled": True, "AttributeName": "t"})
except ClientError as error:
    tell("update_time_to_live", error.response["Error"]["Code"])
client.delete_table(TableName=NAME)
client.get_waiter("table_not_exists").wait(TableName=NAME, WaiterConfig={"Delay": 1})
tell("delete_table")
refused("describe_table", client.describe_table, TableName=NAME)
