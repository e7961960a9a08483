/** The schema of a Parquet file as data, in the order of its columns: what each holds, how it is encoded and compressed. */

export type PhysicalType = 'BOOLEAN' | 'INT32' | 'INT64' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY'

/** `DICTIONARY_IF_SMALLER` is RLE_DICTIONARY or, in a row group where that takes more, PLAIN. */
export type Encoding = WrittenEncoding | 'DICTIONARY_IF_SMALLER'

export type WrittenEncoding = 'PLAIN' | 'RLE_DICTIONARY' | 'DELTA_BINARY_PACKED' | 'DELTA_LENGTH_BYTE_ARRAY'

export type Codec = 'UNCOMPRESSED' | 'SNAPPY' | 'ZSTD'

/** What the values of a physical type mean. `nanos` are those since the epoch (TIMESTAMP). */
export type Meaning = 'string' | 'json' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'nanos'

/** A column of values. */
export interface LeafNode {
  readonly kind: 'leaf'
  readonly name: string
  readonly type: PhysicalType
  /** Of FIXED_LEN_BYTE_ARRAY. */
  readonly byteLength?: number
  readonly meaning?: Meaning
  readonly encoding: Encoding
  readonly codec: Codec
  readonly isOptional?: boolean
}

export interface GroupNode {
  readonly kind: 'group'
  readonly name: string
  readonly children: readonly Node[]
}

/**
 * A `list` of three levels, whose element is called `element`; a `map`, a list of the group `key_value`; `repeated`, an
 * element that repeats by itself.
 */
export interface ListNode {
  readonly kind: 'list' | 'map' | 'repeated'
  readonly name: string
  readonly element: LeafNode | GroupNode
}

export type Node = LeafNode | GroupNode | ListNode

/** The names from a list to its element. */
export function namesWithin({ kind, element }: ListNode): readonly string[] {
  if (kind === 'repeated') return []
  return kind === 'map' ? [element.name] : ['list', 'element']
}
