import type { ConnectionOptions } from 'node:tls'

/** Where a Kafka log is, and how it is spoken to; the comments name Tempo's keys below `ingest.kafka`. */
export interface KafkaConfig {
  /** `host:port`, several with commas between them: `address`. */
  readonly address: string
  readonly topic: string
  readonly clientId: string
  /** How long it may take to reach a broker: `dial_timeout`. */
  readonly dialTimeoutMillis: number
  /** How long an append may take, with all attempts: `write_timeout`. What is read gets as much, beside its wait. */
  readonly writeTimeoutMillis: number
  /** `sasl_mechanism`, `sasl_username`, `sasl_password`. */
  readonly sasl?:
    | { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string }
    | undefined
  /** `tls_enabled` and the others of `tls_`. */
  readonly tls?: ConnectionOptions | undefined
  /** A topic that is missing is made: `auto_create_topic_enabled`, `auto_create_topic_default_partitions`. */
  readonly createTopic?: { readonly partitionCount: number } | undefined
  /** What one record may take: `producer_max_record_size_bytes`. */
  readonly maxRecordBytes: number
}

export const saslMechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export type SaslMechanism = (typeof saslMechanisms)[number]

/** Tempo's defaults. */
export const defaultKafka: KafkaConfig = {
  address: 'localhost:9092',
  topic: 'tempo-ingest',
  clientId: 'trace-lab',
  dialTimeoutMillis: 2_000,
  writeTimeoutMillis: 10_000,
  maxRecordBytes: 15_983_616,
}

/** What a batch takes beside its records, as Tempo has it: its topics take batches of 16,000,000 bytes. */
export const batchOverheadBytes = 16_384
