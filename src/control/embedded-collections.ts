// Changes to collections of embedded DocumentDB clusters: what `/_millrace/documentdb/CLUSTER/DATABASE/COLLECTION` and `millrace send documentdb:`
// ask for. A cluster that has an address is none of ours: its changes are made there.

import type { CollectionOperation, CollectionPlace, Collections, OperationsAnswer } from "../ports/collections.ts";
import { type DocumentDbSettings, embeddedClusterName, usualDocumentDb } from "./change-reading.ts";
import { type Refusal, refusedElsewhere } from "./embedded-topics.ts";

export interface EmbeddedCollections {
  /** `place.cluster`: its ARN, or the last part of that. */
  apply(
    place: CollectionPlace,
    operations: readonly CollectionOperation[],
  ): Promise<{ readonly kind: "applied"; readonly answer: OperationsAnswer } | Refusal>;
  look(
    place: CollectionPlace,
    max: number,
  ): Promise<{ readonly kind: "seen"; readonly documents: readonly string[] } | Refusal>;
  list: Collections["list"];
  /** Every place in the cluster's change streams is lost then. */
  trim(cluster: string): Promise<{ readonly kind: "done" } | Refusal>;
}

export interface EmbeddedCollectionsOptions {
  readonly clusters: readonly DocumentDbSettings[];
  /** As EmbeddedTopicsOptions has it. */
  readonly mappedArns: () => readonly string[];
  readonly collections: Collections;
}

const DATABASE_NAME = /^[^ /.$"]{1,63}$/;

export function createEmbeddedCollections(options: EmbeddedCollectionsOptions): EmbeddedCollections {
  const { clusters, mappedArns, collections } = options;

  function storedCluster(cluster: string): string | Refusal {
    const mapped = mappedArns().filter((arn) => arn.includes(":rds:") && clusters.every((each) => each.arn !== arn));
    const known = [...clusters, ...mapped.map(usualDocumentDb)];
    const found = known.find(({ arn }) => arn === cluster || embeddedClusterName(arn) === cluster);
    if (found === undefined) {
      const text = `There is no cluster ${cluster}: \`sources\` of the configuration names it by its ARN, or a mapping reads from it.`;
      return refused(404, text);
    }
    if (found.url === null) return embeddedClusterName(found.arn);
    return refusedElsewhere(found.url, `Cluster ${cluster} is at ${found.url}: change its documents there.`);
  }

  function storedPlace(place: CollectionPlace): CollectionPlace | Refusal {
    const cluster = storedCluster(place.cluster);
    if (typeof cluster !== "string") return cluster;
    const flawed = [place.database, place.collection].find((name) => name.startsWith("system.") || /[$\0]/.test(name));
    if (flawed !== undefined) return refused(400, `${flawed} is the server's own name, or has a $ in it (X-202).`);
    // What a mapping may name, too: in `ns` and in the server's own names a dot ends the database's.
    if (!DATABASE_NAME.test(place.database))
      return refused(
        400,
        `${place.database} is no database's name: no dot, space, slash or quote, 63 characters at most.`,
      );
    return { ...place, cluster };
  }

  return {
    async apply(place, operations) {
      const stored = storedPlace(place);
      if ("kind" in stored) return stored;
      return { kind: "applied", answer: await collections.apply(stored, operations) };
    },
    async look(place, max) {
      const stored = storedPlace(place);
      if ("kind" in stored) return stored;
      const documents = await collections.look(stored, max);
      if (documents !== null) return { kind: "seen", documents };
      return refused(404, `There is no collection ${place.database}.${place.collection} in cluster ${place.cluster}.`);
    },
    list: () => collections.list(),
    async trim(cluster) {
      const stored = storedCluster(cluster);
      if (typeof stored !== "string") return stored;
      if (await collections.trim(stored)) return { kind: "done" };
      return refused(404, `Nothing has changed in cluster ${cluster} yet.`);
    },
  };
}

const refused = (status: Refusal["status"], text: string): Refusal => ({ kind: "refused", status, text });
