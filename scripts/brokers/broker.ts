// What the test brokers have in common: what a running one can do, and the pieces that a broker's own file hands over so
// that `start-broker.ts` can find a server and look after it. How a server is found is `find-server.ts`; how it is kept and
// stopped is `child.ts`.
//
// B1. Whoever starts a broker stops it, by process id; nothing is ever looked for by name.
// B2. A broker that we did not start (an address in the environment) is never stopped, killed or restarted.

import type { KafkaVersion } from "./kafka-jars.ts";

export type BrokerName = "redis" | "rabbitmq" | "activemq" | "kafka" | "mongodb";

/** Where a running broker came from. */
export type BrokerOrigin =
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "binary"; readonly path: string }
  | { readonly kind: "compose"; readonly project: string };

/**
 * A broker that answers. `kill` ends it at once as a crash would; `restart` starts it again on the same port and with the
 * same folder, after `kill`, or ends it first if it still runs. `stop` is final: the folder goes with it. `pause` freezes the process (it keeps its connections
 * and answers nothing) until `resume`. A broker of the environment refuses all of these but `stop`, which does nothing.
 */
export interface RunningBroker {
  readonly name: BrokerName;
  /** Address with user and password, as a client takes it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** PEM file of the authority that signed the broker's certificate; null without TLS. */
  readonly caFile: string | null;
  readonly origin: BrokerOrigin;
  /** Process id of the server; null if it is not a process of ours or not running. */
  readonly processId: number | null;
  /** Where it keeps its files; null if that is not ours to know. */
  readonly folder: string | null;
  readonly stop: () => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
}

export interface AclUser {
  readonly user: string;
  readonly password: string;
  /** Keys that the user may touch, as patterns of the broker (`shop:*`). Default: all. */
  readonly keys?: readonly string[];
  /** Commands that the user may call, in the broker's own words (`+@all -flushall`). Default: all. */
  readonly commands?: string;
}

/** How to start a broker. Without options: clear text, no password, a free port, nothing kept over a restart. */
export interface BrokerOptions {
  /** A broker of this caller alone, even if the environment names one. Default false. */
  readonly own?: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** With a certificate of its own for localhost and 127.0.0.1 (needs `openssl`). Default false. */
  readonly tls?: boolean;
  /** The only user that may log in. Default: everyone, without a password. */
  readonly acl?: AclUser;
  /** Data survive `kill` and `restart`. Default false; RabbitMQ, ActiveMQ and Kafka always keep what is durable. */
  readonly durable?: boolean;
  /** RabbitMQ only: virtual hosts beside `/`, which the one user may use. Default: none. */
  readonly virtualHosts?: readonly string[];
  /** RabbitMQ only: after how long a delivery that nobody acknowledged closes its channel (looked at once a minute). Default: its own 30 minutes. */
  readonly consumerTimeoutMs?: number;
  /** Kafka only. */
  readonly kafka?: KafkaOptions;
  /** Whether the system's package manager may be asked for the server. Default true. */
  readonly mayInstall?: boolean;
  /** `process`: ends with this process, however it ends. `detached`: goes on until its process id is stopped. */
  readonly life?: "process" | "detached";
  /** Told what takes long (installing a package). Default: nobody. */
  readonly tell?: (line: string) => void;
}

export interface KafkaOptions {
  /** Default: the newest that this repository knows. */
  readonly version?: KafkaVersion;
  /** It listens with SASL, TLS and certificates of clients, too; see `kafka-listeners.ts`. Default false. */
  readonly isSecured?: boolean;
  /** Lines of its server.properties, which win over ours. Default: none. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A started server, ready to be spoken to. */
export interface LaunchPlan {
  readonly command: string;
  readonly commandArguments: readonly string[];
  /** Set beside this process's own environment. Default: nothing. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly caFile: string | null;
  /** One try to speak to it: resolves if it answers as a ready broker does, rejects otherwise. */
  readonly ask: () => Promise<void>;
}

export interface StandIn {
  /** As a person is told of it. */
  readonly called: string;
  /** In the names of the tests that need the real one, and do not run without it. */
  readonly realMark: string;
}

/** What one broker's file says about it. */
export interface BrokerKind {
  readonly name: BrokerName;
  readonly variable: string;
  /** Programs that must be on the PATH; the first is the server. Asked anew each time, as a cache may have made one needless. */
  readonly binaries: () => readonly [string, ...string[]];
  /** Names of the packages of Debian and its kin that bring them; none if no package does. */
  readonly debianPackages: readonly string[];
  /** Where one listens that was installed as usual, for the help's example. */
  readonly usualPort: number;
  /** How long it may take from its start until it answers, in ms, on a machine that has other things to do. */
  readonly readyWithinMs: number;
  /** How a person gets the server elsewhere, one command a line. */
  readonly otherWays: readonly string[];
  /** Service of `docker-compose.yml`, its port's variable, and the port inside the container. */
  readonly composeService: string;
  readonly composePortVariable: string;
  /** What takes its place in tests where it cannot be had; absent: nothing does, and tests that need it fail. */
  readonly standIn?: StandIn;
  /** Writes what the server needs into `folder` and says how to start it. */
  readonly plan: (binaryPath: string, folder: string, port: number, options: BrokerOptions) => Promise<LaunchPlan>;
  /** The address of a broker that listens in clear text on `host`. */
  readonly plainUrl: (host: string, port: number) => string;
  readonly ask: (url: string, caFile: string | null) => Promise<void>;
}
