# A queue's whole life with boto3 as it is, in whichever protocol it speaks: standard and FIFO, attributes, tags, batches, dead letters
# and the move back. Prints what it sees, a line each.

import json
import time

import boto3
from botocore.exceptions import ClientError

sqs = boto3.client("sqs")
body = "line\r\n <&> \"größer\" 🎉\t."


def say(*words):
    print(*[word if isinstance(word, str) else json.dumps(word, ensure_ascii=False) for word in words])


def refused(call, **members):
    try:
        call(**members)
        return "not refused"
    except ClientError as error:
        told = error.response["Error"]
        return f"{told['Code']} {error.response['ResponseMetadata']['HTTPStatusCode']} {told['Message']}"


def attributes_of(url, *names):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names)).get("Attributes")


def until(look):
    for _ in range(200):
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise TimeoutError


say("protocol", sqs.meta.service_model.protocol)

dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
dead_arn = attributes_of(dead, "QueueArn")["QueueArn"]
policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
url = sqs.create_queue(
    QueueName="q",
    Attributes={"VisibilityTimeout": "40", "RedrivePolicy": policy},
    tags={"team": "a & b"},
)["QueueUrl"]
say("create_queue", url.split("/", 3)[3])
say("attributes", attributes_of(url, "VisibilityTimeout", "RedrivePolicy"))
say("tags", sqs.list_queue_tags(QueueUrl=url)["Tags"])
say("create_queue again", refused(sqs.create_queue, QueueName="q", Attributes={"VisibilityTimeout": "41"}))
say("list_queues", [each.rsplit("/", 1)[1] for each in sqs.list_queues()["QueueUrls"]])

# The client holds each digest of an answer against its own.
sent = sqs.send_message(
    QueueUrl=url,
    MessageBody=body,
    MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "größer"},
        "zip": {"DataType": "Binary", "BinaryValue": b"\x00\xff\x01"},
        "weight": {"DataType": "Number.kg", "StringValue": "12.5"},
    },
    MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-2-3"}},
)
[message] = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"]
say("body", message["Body"] == body, message["MessageId"] == sent["MessageId"])
say("digest", message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"])
values = message["MessageAttributes"]
say("message attributes", values["kind"]["StringValue"], list(values["zip"]["BinaryValue"]), values["weight"]["DataType"])
say("trace", message["Attributes"]["AWSTraceHeader"], message["Attributes"]["ApproximateReceiveCount"])
handle = message["ReceiptHandle"]
sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
say("receive", len(sqs.receive_message(QueueUrl=url).get("Messages", [])))

say("dead letters", attributes_of(dead, "ApproximateNumberOfMessages"))
sources = sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"]
say("list_dead_letter_source_queues", [each.rsplit("/", 1)[1] for each in sources])
say("start_message_move_task", len(sqs.start_message_move_task(SourceArn=dead_arn)["TaskHandle"]) > 0)
[task] = until(
    lambda: [each for each in sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"] if each["Status"] != "RUNNING"]
)
say("list_message_move_tasks", task["Status"], task["ApproximateNumberOfMessagesMoved"])

entries = [{"Id": str(index), "MessageBody": f"m{index}"} for index in range(9)] + [{"Id": "bad", "MessageBody": "\x00"}]
answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
say("send_message_batch", len(answer["Successful"]), [each["Code"] for each in answer["Failed"]])
received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
say("receive_message", len(received))
handles = [{"Id": str(index), "ReceiptHandle": each["ReceiptHandle"]} for index, each in enumerate(received)]
hidden = sqs.change_message_visibility_batch(
    QueueUrl=url, Entries=[{**each, "VisibilityTimeout": 60} for each in handles]
)
say("change_message_visibility_batch", len(hidden["Successful"]))
say("delete_message_batch", len(sqs.delete_message_batch(QueueUrl=url, Entries=handles)["Successful"]))
say("left", attributes_of(url, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"))

fifo = sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
group = {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
first = sqs.send_message(QueueUrl=fifo, MessageBody="one", **group)
again = sqs.send_message(QueueUrl=fifo, MessageBody="two", **group)
say("duplicate", first["MessageId"] == again["MessageId"], len(first["SequenceNumber"]))
say("no group", refused(sqs.send_message, QueueUrl=fifo, MessageBody="x"))
[message] = sqs.receive_message(QueueUrl=fifo, AttributeNames=["All"], ReceiveRequestAttemptId="a")["Messages"]
say("fifo", message["Body"], message["Attributes"]["MessageGroupId"])
[same] = sqs.receive_message(QueueUrl=fifo, ReceiveRequestAttemptId="a")["Messages"]
say("same attempt", same["ReceiptHandle"] == message["ReceiptHandle"])

sqs.add_permission(QueueUrl=url, Label="all", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
say("add_permission", json.loads(attributes_of(url, "Policy")["Policy"])["Statement"][0]["Action"])
sqs.remove_permission(QueueUrl=url, Label="all")
sqs.tag_queue(QueueUrl=url, Tags={"stage": "test"})
sqs.untag_queue(QueueUrl=url, TagKeys=["team"])
say("tags", sqs.list_queue_tags(QueueUrl=url)["Tags"])
sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": "", "DelaySeconds": "3"})
say("set_queue_attributes", attributes_of(url, "RedrivePolicy", "DelaySeconds"))
sqs.purge_queue(QueueUrl=url)
say("purge_queue again", refused(sqs.purge_queue, QueueUrl=url))
say("too many", refused(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11))
sqs.delete_queue(QueueUrl=url)
say("get_queue_url", refused(sqs.get_queue_url, QueueName="q"))
