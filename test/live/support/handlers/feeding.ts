// A handler that puts back into the stream that it gets its records from, by AWS's own client, as long as the records say so.

interface FedEvent {
  readonly Records: readonly { readonly kinesis: { readonly data: string; readonly partitionKey: string } }[];
}

/** Texts `own 3`, `own 2`, and so on put the next one; `own` with the client's own environment, `given` with credentials of the code's. */
export async function handle(event: FedEvent): Promise<void> {
  // The SDK lies where the test says: this file is copied to a folder without packages.
  const { KinesisClient, PutRecordsCommand } = await import(process.env["SDK"] ?? "");
  for (const { kinesis } of event.Records) {
    const [how, count] = Buffer.from(kinesis.data, "base64").toString().split(" ");
    if (Number(count) <= 0) continue;
    const given = { credentials: { accessKeyId: "any", secretAccessKey: "any" } };
    const client = new KinesisClient(how === "given" ? given : {});
    const Data = Buffer.from(`${how} ${Number(count) - 1}`);
    const StreamName = process.env["TO"] ?? "orders";
    await client.send(new PutRecordsCommand({ StreamName, Records: [{ PartitionKey: kinesis.partitionKey, Data }] }));
    client.destroy();
  }
}
