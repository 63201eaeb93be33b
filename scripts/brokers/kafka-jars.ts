// The jars of Apache Kafka (44 MB, some 10 s to fetch): of the version that the tests run on, and of older ones that people still run.

import { join } from "node:path";
import { areJarsCached, type JarSet, jarsFolder } from "./maven-jars.ts";

export type KafkaVersion = "4.4.0" | "4.0.2" | "3.9.2";

/** The version of every test that names none. */
export const usualKafkaVersion: KafkaVersion = "4.4.0";

const sources = join(import.meta.dirname, "kafka");

export const areKafkaJarsCached = (version: KafkaVersion): boolean => areJarsCached(setOf(version));
export const kafkaJars = (version: KafkaVersion): Promise<string> => jarsFolder(setOf(version));

function setOf(version: KafkaVersion): JarSet {
  return {
    product: `Kafka ${version}`,
    cacheName: `kafka-${version}`,
    pomFile: join(sources, "pom.xml"),
    checksumsFile: join(sources, `checksums-${version}.json`),
    properties: [`kafka=${version}`],
  };
}
