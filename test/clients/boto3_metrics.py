"""Metrics by boto3, unmodified. Prints what it is answered, a line a step."""

import datetime
import io
import json
import time
import zipfile

import boto3

lambda_ = boto3.client("lambda")
cloudwatch = boto3.client("cloudwatch")


def tell(step, *values):
    print(step, *(value if isinstance(value, str) else json.dumps(value) for value in values), flush=True)


buffer = io.BytesIO()
with zipfile.ZipFile(buffer, "w") as archive:
    archive.writestr("index.js", "exports.handler = async (event) => { if (event.bad) throw new Error('bad'); };")
lambda_.create_function(
    FunctionName="f", Runtime="nodejs24.x", Role="arn:aws:iam::000000000000:role/any", Handler="index.handler", Code={"ZipFile": buffer.getvalue()}
)
lambda_.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
for bad in [False, True, False]:
    lambda_.invoke(FunctionName="f", Payload=json.dumps({"bad": bad}))
now = datetime.datetime.now(datetime.timezone.utc)
span = {"StartTime": now - datetime.timedelta(hours=1), "EndTime": now + datetime.timedelta(hours=1)}
dimensions = [{"Name": "FunctionName", "Value": "f"}]


def points_of(name):
    return cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=name, Dimensions=dimensions, Period=60, Statistics=["Sum"], **span
    )["Datapoints"]


while sum(point["Sum"] for point in points_of("Invocations")) < 3:
    time.sleep(0.05)
listed = cloudwatch.get_paginator("list_metrics").paginate(Namespace="AWS/Lambda", Dimensions=[{"Name": "FunctionName", "Value": "f"}])
tell("list_metrics", [each["MetricName"] for each in listed.search("Metrics[]")])
for name in ["Invocations", "Errors"]:
    points = points_of(name)
    tell("get_metric_statistics", name, float(sum(point["Sum"] for point in points)), points[0]["Timestamp"].second)
data = cloudwatch.get_metric_data(
    MetricDataQueries=[
        {
            "Id": "i",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": dimensions},
                "Period": 60,
                "Stat": "SampleCount",
            },
        }
    ],
    **span,
)["MetricDataResults"][0]
tell("get_metric_data", float(sum(data["Values"])), data["StatusCode"])
try:
    cloudwatch.get_metric_statistics(Namespace="AWS/Lambda", MetricName="Errors", Period=7, Statistics=["Sum"], **span)
except cloudwatch.exceptions.ClientError as error:
    tell("refused", type(error).__name__, str(error.response["ResponseMetadata"]["HTTPStatusCode"]), error.response["Error"]["Code"])
try:
    cloudwatch.put_metric_data(Namespace="mine", MetricData=[{"MetricName": "m", "Value": 1}])
except cloudwatch.exceptions.ClientError as error:
    tell("put_metric_data", error.response["Error"]["Code"])
