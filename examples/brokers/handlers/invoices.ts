// A queue of RabbitMQ.

interface RabbitMqEvent {
  readonly rmqMessagesByQueue: Readonly<Record<string, readonly { readonly data: string }[]>>;
}

export async function handler(event: RabbitMqEvent): Promise<void> {
  for (const { data } of Object.values(event.rmqMessagesByQueue).flat()) {
    console.log(`invoice ${Buffer.from(data, "base64").toString()}`);
  }
}
