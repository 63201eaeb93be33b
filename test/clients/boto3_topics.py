"""Topics by boto3, unmodified. Prints what it is answered, a line a step."""

import json

import boto3

sns = boto3.client("sns")
sqs = boto3.client("sqs")


def tell(step, *values):
    print(step, *(value if isinstance(value, str) else json.dumps(value) for value in values), flush=True)


def refused(step, call, **members):
    try:
        call(**members)
        tell(step, "was not refused")
    except sns.exceptions.ClientError as error:
        answer = error.response
        tell(step, type(error).__name__, str(answer["ResponseMetadata"]["HTTPStatusCode"]), answer["Error"]["Code"], answer["Error"]["Message"])


def bodies(url):
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages", [])
    return [message["Body"] for message in found]


topic = sns.create_topic(Name="news", Attributes={"DisplayName": "News"}, Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
tell("create_topic", topic)
tell("get_topic_attributes", sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"])
tell("list_topics", [each["TopicArn"] for each in sns.get_paginator("list_topics").paginate().search("Topics[]")])
url = sqs.create_queue(QueueName="readers")["QueueUrl"]
queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
subscription = sns.subscribe(
    TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"FilterPolicy": json.dumps({"kind": ["good"]})}
)["SubscriptionArn"]
kind = lambda value: {"kind": {"DataType": "String", "StringValue": value}}
sns.publish(TopicArn=topic, Message="unwanted", MessageAttributes=kind("bad"))
sns.publish(TopicArn=topic, Message="wanted", Subject="s", MessageAttributes=kind("good"))
envelope = json.loads(bodies(url)[0])
tell("envelope", envelope["Type"], envelope["Subject"], envelope["Message"], envelope["MessageAttributes"])
sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
batch = sns.publish_batch(
    TopicArn=topic,
    PublishBatchRequestEntries=[{"Id": str(index), "Message": f"m{index}", "MessageAttributes": kind("good")} for index in range(3)],
)
tell("publish_batch", [each["Id"] for each in batch["Successful"]], batch["Failed"])
tell("raw", sorted(bodies(url)))
refused("publish", sns.publish, TopicArn=topic + "x", Message="hello")
refused("subscribe", sns.subscribe, TopicArn=topic, Protocol="sms", Endpoint="+1")
sns.unsubscribe(SubscriptionArn=subscription)
tell("list_subscriptions", sns.list_subscriptions()["Subscriptions"])
sns.delete_topic(TopicArn=topic)
refused("get_topic_attributes", sns.get_topic_attributes, TopicArn=topic)
