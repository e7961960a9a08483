/** What a program that uses the library imports. */

export { type ByteSink, type Range, type RangeReader, readChunks } from './bytes/range.ts'
export type { MemoryFile } from './bytes/read-steps.ts'
export { type ErrorKind, LabError } from './error.ts'
export { type Compacted, type CompactInput, compactBlockpack } from './formats/blockpack/compact.ts'
export { type BlockpackFacts, inspectBlockpack } from './formats/blockpack/inspect.ts'
export { blockpackSource } from './formats/blockpack/query/source.ts'
export { BlockpackReader, decodeBlockpack, decodeBlockpackRows } from './formats/blockpack/read/reader.ts'
export { type BlockpackConfig, profiles } from './formats/blockpack/write/config.ts'
export { encodeBlockpack, type WriteOptions } from './formats/blockpack/write/writer.ts'
export { type CborFileOptions, decodeCborFile, encodeCborFile } from './formats/cbor/file.ts'
export { decodeCborFrames, encodeCborFrames, readTraceFrame } from './formats/cbor/frames.ts'
export { columnarParts, decodeColumnarFile, encodeColumnarFile } from './formats/columnar/file.ts'
export { decodeFlat } from './formats/flat/reader.ts'
export { type Bad, type Dropped, Losses } from './formats/losses.ts'
export { readTraces } from './formats/ndjson/parse.ts'
export { printSpan, printTrace, writeTraces } from './formats/ndjson/print.ts'
export { readOtlpJson, writeOtlpJson } from './formats/otlp/json.ts'
export { readOtlpProto, readOtlpRows, writeOtlpProto } from './formats/otlp/proto.ts'
export { decodeRelations, encodeRelations } from './formats/relations/file.ts'
export {
  type Block as VparquetBlock,
  type MemoryBlock as MemoryVparquetBlock,
  openVparquet,
  openVparquetSync,
} from './formats/vparquet/block.ts'
export {
  readBlockSpans,
  readBlockSpansSync,
  readBlockTraces,
  readBlockTracesSync,
  readTraceSummaries,
  readTraceSummariesSync,
  type SpanOfTrace,
} from './formats/vparquet/read-block.ts'
export type { ReadOptions } from './formats/vparquet/read-rows.ts'
export { decodeVparquet } from './formats/vparquet/reader.ts'
export { vparquetSource } from './formats/vparquet/source.ts'
export type { TraceSummary } from './formats/vparquet/trace-summaries.ts'
export { type BlockPlace, writeBlock } from './formats/vparquet/writer/block.ts'
export { type BlockOptions, encodeVparquet } from './formats/vparquet/writer/writer.ts'
export { type GroupOptions, groupByTrace } from './import/group.ts'
export { type InputFile, type InputOptions, type Inputs, readInputs } from './import/input.ts'
export { writeFlat } from './import/tables.ts'
export { type Difference, firstDifference, printDifference } from './model/difference.ts'
export { DatasetDigest, Digester } from './model/digest.ts'
export { ByteBudget, type Limits } from './model/limits.ts'
export { memorySource } from './model/memory-source.ts'
export type { ColumnData, ColumnName, ColumnSet, Cost, ScanRequest, SpanBatch, SpanSource } from './model/scan.ts'
export * from './model/trace.ts'
export { joinSources } from './search/join-sources.ts'
export { SpanRows } from './shred/rows.ts'
export { type CountingReader, countReads, type Reads } from './storage/counting.ts'
export { type LocalFile, openLocal } from './storage/local.ts'
export { writeLocal } from './storage/local-write.ts'
export { MemorySink, openMemory } from './storage/memory.ts'
export { type SearchAnswer, type SearchOptions, search } from './traceql/answers/search.ts'
export { type TagNames, type TagValue, tagNames, tagValues } from './traceql/answers/tags.ts'
export { type TimeExtent, timeExtent } from './traceql/engine/time-extent.ts'
export { parseFieldName, parseQuery } from './traceql/engine/validate.ts'
export type { Query } from './traceql/language/ast.ts'
export { type MetricsAnswer, queryRange, type RangeOptions, type SeriesAnswer } from './traceql/metrics/metrics.ts'
export { WorkerPool } from './workers/pool.ts'
