// The jars of ActiveMQ Classic (8 MB, some 10 s to fetch) and the program that runs them.

import { join } from "node:path";
import { areJarsCached, type JarSet, jarsFolder } from "./maven-jars.ts";

const sources = join(import.meta.dirname, "activemq");
const set: JarSet = {
  product: "ActiveMQ",
  cacheName: "activemq-6.3.1",
  pomFile: join(sources, "pom.xml"),
  checksumsFile: join(sources, "checksums.json"),
  properties: [],
};

/** The program to run from its source. */
export const brokerSource = join(sources, "AmqpBroker.java");

export const areActiveMqJarsCached = (): boolean => areJarsCached(set);
export const activeMqJars = (): Promise<string> => jarsFolder(set);
