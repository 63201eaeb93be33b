// Handlers that write back into the source that they get their records from, by AWS's own clients, as long as the records say so.

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

interface ChangeEvent {
  readonly Records: readonly { readonly dynamodb: { readonly Keys: { readonly id: { readonly S: string } } } }[];
}

/** Items `3`, `2`, and so on put the next one. */
export async function change(event: ChangeEvent): Promise<void> {
  const { DynamoDBClient, PutItemCommand } = await import(process.env["SDK"] ?? "");
  const client = new DynamoDBClient({});
  for (const { dynamodb } of event.Records) {
    const count = Number(dynamodb.Keys.id.S);
    const Item = { id: { S: String(count - 1) } };
    if (count > 0) await client.send(new PutItemCommand({ TableName: "items", Item }));
  }
  client.destroy();
}
