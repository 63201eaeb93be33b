"""Buckets by boto3, unmodified. Prints what it is answered, a line a step."""

import io
import json

import boto3

s3 = boto3.client("s3")


def tell(step, *values):
    print(step, *(value if isinstance(value, str) else json.dumps(value) for value in values), flush=True)


def refused(step, call, **members):
    try:
        call(**members)
        tell(step, "was not refused")
    except s3.exceptions.ClientError as error:
        answer = error.response
        tell(step, type(error).__name__, str(answer["ResponseMetadata"]["HTTPStatusCode"]), answer["Error"]["Code"])


s3.create_bucket(Bucket="papers")
tell("list_buckets", [each["Name"] for each in s3.list_buckets()["Buckets"]])
put = s3.put_object(Bucket="papers", Key="a b/ü+.json", Body=b'{"a":1}', ContentType="application/json", Metadata={"who": "me"})
tell("put_object", put["ETag"], "ChecksumCRC32" in put or "ChecksumCRC64NVME" in put)
got = s3.get_object(Bucket="papers", Key="a b/ü+.json")
tell("get_object", got["ContentType"], got["Metadata"], got["Body"].read().decode())
tell("range", s3.get_object(Bucket="papers", Key="a b/ü+.json", Range="bytes=1-3")["Body"].read().decode())
for index in range(12):
    s3.put_object(Bucket="papers", Key=f"many/{index:02}", Body=b"x" * index)
pages = s3.get_paginator("list_objects_v2").paginate(Bucket="papers", Prefix="many/", PaginationConfig={"PageSize": 5})
tell("list_objects_v2", [len(page["Contents"]) for page in pages])
tell("prefixes", [each["Prefix"] for each in s3.list_objects_v2(Bucket="papers", Delimiter="/")["CommonPrefixes"]])
url = s3.generate_presigned_url("get_object", Params={"Bucket": "papers", "Key": "many/03"})
import urllib.request

tell("presigned", urllib.request.urlopen(url).read().decode())
big = io.BytesIO(bytes(range(256)) * 40_000)
s3.upload_fileobj(big, "papers", "big")
back = io.BytesIO()
s3.download_fileobj("papers", "big", back)
tell("transfer", str(len(back.getvalue())), back.getvalue() == bytes(range(256)) * 40_000)
tell("head_object", s3.head_object(Bucket="papers", Key="big")["ETag"][-3:])
refused("get_object", s3.get_object, Bucket="papers", Key="none")
refused("head_object", s3.head_object, Bucket="papers", Key="none")
refused("put_object_tagging", s3.put_object_tagging, Bucket="papers", Key="big", Tagging={"TagSet": []})
refused("delete_bucket", s3.delete_bucket, Bucket="papers")
gone = [{"Key": each["Key"]} for each in s3.list_objects_v2(Bucket="papers")["Contents"]]
tell("delete_objects", len(s3.delete_objects(Bucket="papers", Delete={"Objects": gone})["Deleted"]))
s3.delete_bucket(Bucket="papers")
refused("list_objects_v2", s3.list_objects_v2, Bucket="papers")
