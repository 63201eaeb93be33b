// A schema that was read from a registry and made ready: what turns the bytes of a record into JSON text.

export interface ReadySchema {
  readonly dataFormat: "AVRO" | "JSON" | "PROTOBUF";
  /** The data as JSON text. Throws where the bytes do not fit (M-414). */
  readonly jsonOf: (data: Buffer) => string;
}

/** As a registry tells it, with all that it refers to, deepest first. */
export interface RegistrySchema {
  readonly schemaType: "AVRO" | "JSON" | "PROTOBUF";
  readonly text: string;
  readonly references: readonly ReferencedSchema[];
}

export interface ReferencedSchema {
  /** By which a schema refers to it: an Avro name, a `$ref`, or the file that is imported. */
  readonly name: string;
  readonly text: string;
}
