import type { Codec, Meaning, PhysicalType, WrittenEncoding } from '../schema.ts'

/** The numbers by which Parquet's metadata tell types, encodings and the like. */

export const pageTypes = { dictionary: 2, data: 3 } as const

export const typeIds: Readonly<Record<PhysicalType, number>> = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
}

export const encodingIds: Readonly<Record<WrittenEncoding | 'RLE', number>> = {
  PLAIN: 0,
  RLE: 3,
  DELTA_BINARY_PACKED: 5,
  DELTA_LENGTH_BYTE_ARRAY: 6,
  RLE_DICTIONARY: 8,
}

export const codecIds: Readonly<Record<Codec, number>> = { UNCOMPRESSED: 0, SNAPPY: 1, ZSTD: 6 }

export const repetitionIds = { required: 0, optional: 1, repeated: 2 } as const

/** In the older terms; times of nanoseconds have none. */
export const convertedIds: Readonly<Record<Meaning | 'map' | 'list', number | undefined>> = {
  string: 0,
  map: 1,
  list: 3,
  uint32: 13,
  uint64: 14,
  int32: 17,
  int64: 18,
  json: 19,
  nanos: undefined,
}
