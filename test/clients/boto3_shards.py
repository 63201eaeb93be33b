"""Shards that split and merge, consumers and their subscriptions by boto3, unmodified. Prints what it is answered, a line a step."""

import json
import time

import boto3
from botocore.exceptions import ClientError

kinesis = boto3.client("kinesis")
NAME = "orders"
HALF = str(2**127)


def tell(step, *values):
    print(step, *(each if isinstance(each, str) else json.dumps(each) for each in values), flush=True)


def refused(step, call, **members):
    try:
        call(**members)
        tell(step, "was not refused")
    except ClientError as error:
        answer = error.response
        tell(step, answer["Error"]["Code"], str(answer["ResponseMetadata"]["HTTPStatusCode"]), answer["Error"]["Message"])


def number(shard_id):
    return int(shard_id.split("-")[1])


def shard(index):
    return f"shardId-{index:012d}"


def shards():
    """Number, parents' numbers and whether it is open, a list a shard."""
    listed = kinesis.list_shards(StreamName=NAME)["Shards"]
    parents = [[each[of] for of in ("ParentShardId", "AdjacentParentShardId") if of in each] for each in listed]
    ends = ["EndingSequenceNumber" not in each["SequenceNumberRange"] for each in listed]
    return [
        [number(each["ShardId"]), [number(parent) for parent in of], is_open]
        for each, of, is_open in zip(listed, parents, ends)
    ]


def put(*texts):
    for text in texts:
        kinesis.put_record(StreamName=NAME, PartitionKey="k", ExplicitHashKey="0", Data=text.encode())


def subscribed(consumer_arn, shard_id, position, wanted):
    """Events until so many records are there, or the subscription's end."""
    position = {"Type": position} if isinstance(position, str) else position
    answer = kinesis.subscribe_to_shard(ConsumerARN=consumer_arn, ShardId=shard_id, StartingPosition=position)
    stream = answer["EventStream"]
    events = []
    for event in stream:
        events.append(event["SubscribeToShardEvent"])
        if wanted is not None and len(texts_of(events)) >= wanted:
            break
    stream.close()
    return events


def texts_of(events):
    return [record["Data"].decode() for event in events for record in event["Records"]]


def register(name):
    made = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName=name)["Consumer"]
    while made["ConsumerStatus"] != "ACTIVE":
        time.sleep(0.05)
        made = kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    return made["ConsumerARN"]


kinesis.create_stream(StreamName=NAME, ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName=NAME, WaiterConfig={"Delay": 1})
ARN = kinesis.describe_stream_summary(StreamName=NAME)["StreamDescriptionSummary"]["StreamARN"]

one = register("one")
two = register("two")
tell("register_stream_consumer", one.rsplit(":", 1)[0])
refused("register_stream_consumer again", kinesis.register_stream_consumer, StreamARN=ARN, ConsumerName="one")
listed = kinesis.get_paginator("list_stream_consumers").paginate(StreamARN=ARN, PaginationConfig={"PageSize": 1})
tell("list_stream_consumers", [each["ConsumerName"] for page in listed for each in page["Consumers"]])

put("a", "b", "c")
events = subscribed(one, shard(0), "TRIM_HORIZON", 3)
tell("subscribe_to_shard", texts_of(events), events[0]["MillisBehindLatest"])
again = {"ConsumerARN": one, "ShardId": shard(0), "StartingPosition": {"Type": "LATEST"}}
refused("subscribe_to_shard again", kinesis.subscribe_to_shard, **again)
after = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": events[-1]["ContinuationSequenceNumber"]}
put("d")

kinesis.split_shard(StreamName=NAME, ShardToSplit=shard(0), NewStartingHashKey=HALF)
tell("split_shard", shards())
refused("split_shard again", kinesis.split_shard, StreamName=NAME, ShardToSplit=shard(0), NewStartingHashKey=HALF)
rest = subscribed(two, shard(0), after, None)
last = rest[-1]
tell(
    "subscribe_to_shard to the end",
    texts_of(rest),
    [[number(each["ShardId"]), each["ParentShards"]] for each in last["ChildShards"]],
    "ContinuationSequenceNumber" in last,
)
put("e")
tell("subscribe_to_shard to a child", texts_of(subscribed(two, shard(1), "TRIM_HORIZON", 1)))
kinesis.merge_shards(StreamName=NAME, ShardToMerge=shard(1), AdjacentShardToMerge=shard(2))
tell("merge_shards", shards()[-1])
count = kinesis.update_shard_count(StreamName=NAME, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
tell("update_shard_count", count["CurrentShardCount"], count["TargetShardCount"], sum(each[2] for each in shards()))
refused(
    "update_shard_count to five", kinesis.update_shard_count, StreamName=NAME, TargetShardCount=5, ScalingType="UNIFORM_SCALING"
)

kinesis.deregister_stream_consumer(StreamARN=ARN, ConsumerName="one")
refused("subscribe_to_shard deregistered", kinesis.subscribe_to_shard, **{**again, "ShardId": shard(4)})
answer = kinesis.subscribe_to_shard(ConsumerARN=two, ShardId=shard(4), StartingPosition={"Type": "LATEST"})
stream = iter(answer["EventStream"])
next(stream)
kinesis.delete_stream(StreamName=NAME, EnforceConsumerDeletion=True)
try:
    for event in stream:
        pass
    tell("delete_stream", "the subscription ended without a word")
except ClientError as error:
    tell("delete_stream", error.response["Error"]["Code"], type(error).__name__)
