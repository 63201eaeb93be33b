// The one port: AWS's protocols and the local pages, over HTTP/1.1 and clear-text HTTP/2.

import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { Streams } from "../../ports/streams.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { JournalFeed, QueueReader, Surroundings } from "../lookups.ts";

export interface HttpServerOptions {
  readonly control: ControlPlane;
  readonly streams: Streams;
  readonly queues: QueueReader;
  readonly journal: JournalFeed;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Surroundings;
  /** Whether the server can be used: 200 or 503 of `/_millrace/ready`. */
  readonly isReady: () => boolean;
  /** Host names beside loopback, `*.localhost` and `host.docker.internal`; a leading `*.` stands for any subdomain. */
  readonly allowedHosts: readonly string[];
}

export interface HttpServer {
  /** Opens the port (0: a free one) and answers its URL. Throws MillraceError port-taken. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Lets answers under way end for up to `graceMs`, then cuts. A second call returns the same promise. */
  close(graceMs: number): Promise<void>;
}
