// A port that nobody listens on at this moment. Another process may take it before it is used; whoever starts a server on
// it tries again with another.

import { createServer } from "node:net";

export async function freePort(): Promise<number> {
  const server = createServer();
  return await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
