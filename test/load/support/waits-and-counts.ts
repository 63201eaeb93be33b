// A user's handler for simulated load runs: it waits, and reports records by what their data says.

interface Event {
  readonly Records: readonly { readonly kinesis: { readonly data: string; readonly sequenceNumber: string } }[];
}

export async function handler(event: Event): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const failed = event.Records.filter(({ kinesis }) => {
    const data = JSON.parse(Buffer.from(kinesis.data, "base64").toString()) as { readonly n: number };
    return data.n > 18;
  });
  return { batchItemFailures: failed.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })) };
}
