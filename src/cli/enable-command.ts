// How a Disabled mapping is enabled: with AWS's own command, which without the server's address would speak to AWS itself.

const DEFAULT_URL = "http://127.0.0.1:4566";

export function enableCommand(uuid: string, url: string = DEFAULT_URL): string {
  return `aws lambda update-event-source-mapping --uuid ${uuid} --enabled --endpoint-url ${url.replace(/\/$/, "")}`;
}
