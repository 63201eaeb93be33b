// A queue of ActiveMQ.

interface ActiveMqEvent {
  readonly messages: readonly { readonly messageType: string; readonly data: string }[];
}

export async function handler(event: ActiveMqEvent): Promise<void> {
  for (const { messageType, data } of event.messages) {
    console.log(`return ${Buffer.from(data, "base64").toString()} (${messageType})`);
  }
}
