import { deflateSync, gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { zstdCompressor } from '../../../lib/codecs/compress.ts'
import { snakeCase } from '../../../lib/wire/otlp-json/names.ts'
import { delimited, fixed64, number, prefixed } from '../../support/protobuf.ts'
import type { Fixtures } from './fixture.ts'

const zstd = zstdCompressor(3)
const skippable = Buffer.from('502a4d180100000078', 'hex')

/** One line of OTLP JSON with one span. */
const line = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"GET /","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000500000000"}]}]}]}\n`
const message = delimited(
  1,
  delimited(
    2,
    delimited(
      2,
      delimited(1, Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')),
      delimited(2, Buffer.from('b7ad6b7169203331', 'hex')),
      fixed64(7, 1700000000000000000n),
    ),
  ),
)

const frame = Buffer.from(zstd(Buffer.from(line)))
/** A frame of "hello" with a checksum that is not its own. */
const checksummedFrame = Buffer.from('28b52ffd240529000068656c6c6f00000000', 'hex')
const zstdBlockLength = 1 << 17
const manyCount = 2_000
const manyLines = line.repeat(manyCount)

function joined(...parts: (Uint8Array | string)[]): Buffer {
  return Buffer.concat(parts.map(part => Buffer.from(part as string)))
}

/** The same bytes, one of them changed: the one at `index`, counted from the end. */
function changed(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length + index]! ^= 1
  return copy
}

const logs = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}'
const metrics = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"x"}]}]}]}'
const protoLogs = delimited(1, delimited(2, delimited(2, fixed64(1, 5n), number(2, 9))))

/** A file that begins with these bytes, in hex. */
function magic(hex: string): Buffer {
  return joined(Buffer.from(hex, 'hex'), Buffer.alloc(64, 7))
}

const tar = Buffer.alloc(1024)
tar.write('traces.json')
tar.write('ustar', 257)

/** What this half of the page names: compression, containers and OTLP. */
export const containerFixtures: Fixtures = {
  gzip: { bytes: gzipSync(line) },
  'gzip-members': { bytes: Buffer.concat([gzipSync(line), gzipSync(line)]), spanCount: 2 },
  'gzip-cut': { bytes: gzipSync(line.repeat(2_000)).subarray(0, -9), spanCount: 2_000 },
  'gzip-cut-member': { bytes: joined(gzipSync(line), gzipSync(line).subarray(0, 30)) },
  'gzip-empty-member': { bytes: joined(gzipSync(''), gzipSync(line), gzipSync('')) },
  'gzip-padding': { bytes: joined(gzipSync(line), Buffer.alloc(512)) },
  'gzip-padding-between': { bytes: joined(gzipSync(line), Buffer.alloc(512), gzipSync(line)), spanCount: 2 },
  'gzip-trailing': { bytes: joined(gzipSync(line), 'garbage') },
  'gzip-checksum': { bytes: changed(gzipSync(line), -8) },
  'gzip-size': { bytes: changed(gzipSync(line), -4) },
  'gzip-damaged': { bytes: joined(gzipSync(line), gzipSync(line).fill(0xff, 10, 40)) },
  'gzip-in-zstd': { bytes: zstd(gzipSync(line)) },
  'gzip-three-layers': { bytes: gzipSync(gzipSync(gzipSync(line))) },
  zstd: { bytes: frame },
  'zstd-frames': { bytes: Buffer.concat([frame, frame]), spanCount: 2 },
  'zstd-skippable': { bytes: joined(skippable, frame, skippable, frame, skippable), spanCount: 2 },
  'zstd-cut': {
    bytes: zstd(Buffer.from(manyLines)).subarray(0, -9),
    spanCount: Math.floor((3 * zstdBlockLength) / line.length),
  },
  'zstd-cut-frame': { bytes: joined(frame, frame.subarray(0, 30)) },
  'zstd-empty-frame': { bytes: joined(zstd(Buffer.alloc(0)), frame, zstd(Buffer.alloc(0))) },
  'zstd-padding': { bytes: joined(frame, Buffer.alloc(512)) },
  'zstd-trailing': { bytes: joined(frame, 'garbage') },
  'zstd-checksum': { bytes: joined(frame, checksummedFrame) },
  'exporter-json-zstd': { bytes: joined(prefixed(frame), prefixed(frame)), spanCount: 2 },
  'exporter-proto-zstd': {
    bytes: joined(...[message, protoLogs, message].map(one => prefixed(zstd(one)))),
    spanCount: 2,
  },
  'exporter-cut': { bytes: joined(prefixed(frame), prefixed(frame).subarray(0, -1)) },
  'exporter-damaged': { bytes: joined(prefixed(frame), prefixed(checksummedFrame)) },

  'otlp-json': { bytes: line },
  'otlp-json-lines': { bytes: line + line, spanCount: 2 },
  'otlp-json-array': { bytes: `[${line},${line}]`, spanCount: 2 },
  'otlp-json-pretty': { bytes: JSON.stringify(JSON.parse(line), null, 2).repeat(2), spanCount: 2 },
  'otlp-json-unknown': { bytes: line.replace('{', '{"some":{"thing":[1,{}]},').replace('"name"', '"more":[],"name"') },
  'otlp-json-snake': { bytes: line.replace(/(?<=")[a-zA-Z]+(?=":)/g, snakeCase) },
  'otlp-json-both-names': { bytes: line.replace('"spanId"', '"span_id":"0a","spanId"') },
  'otlp-json-both-scopes': {
    bytes: line.replace('"scopeSpans"', '"instrumentationLibrarySpans":[{"spans":[{"traceId":"01"}]}],"scopeSpans"'),
  },
  'otlp-json-doubles': {
    bytes: line
      .replace('"1700000000000000000"', '1.700000000000000000e18')
      .replace('"name"', '"kind":2.0,"flags":1e2,"name"'),
  },
  'otlp-json-bad-span': { bytes: line.replace('"spans":[', '"spans":[{"traceId":"xyz"},') },
  'tempo-answer': {
    bytes: `{"trace":${line.replace('resourceSpans', 'batches')},"status":"COMPLETE"}{"trace":{}}{"trace":${line}}`,
    spanCount: 2,
  },
  'jaeger-v3-answer': { bytes: `{"result":{}}\n{"result":${line}}\n{"result":${line}}`, spanCount: 2 },
  'otlp-wrapped': { bytes: `{"data":[[],{},${line},{"trace":${line}}],"total":2}`, spanCount: 2 },
  'otlp-logs-among': { bytes: `${logs}${line}${metrics}[${logs},${line}]`, spanCount: 2 },
  'otlp-logs-only': { bytes: `${logs}\n${logs}` },
  'otlp-logs-and-metrics': { bytes: `${metrics}\n{"resource_logs":[]}` },
  'otlp-proto': { bytes: message },
  'otlp-proto-stream': { bytes: Buffer.concat([prefixed(message), prefixed(message)]), spanCount: 2 },
  'otlp-proto-unknown': {
    bytes: joined(number(99, 1), delimited(1, delimited(2, delimited(2, number(99, 1), fixed64(7, 1n))))),
  },
  'otlp-proto-both-scopes': {
    bytes: delimited(1, delimited(1000, delimited(2, fixed64(7, 1n))), delimited(2, delimited(2, fixed64(7, 1n)))),
  },
  'otlp-proto-logs-among': {
    bytes: joined(...[protoLogs, message, protoLogs, message].map(prefixed)),
    spanCount: 2,
  },
  'otlp-proto-logs-only': { bytes: joined(prefixed(protoLogs), prefixed(protoLogs)) },
  'otlp-proto-cut': { bytes: joined(prefixed(message), prefixed(message).subarray(0, -1)) },

  'blank-lines-first': { bytes: `\ufeff\n\n{}\n${line}` },
  'empty-array-first': { bytes: `[]\n${line}` },
  'foreign-first': { bytes: `{"level":"info"}\n${line}` },
  'late-keys': { bytes: `[{"timestamp":1,"tags":{"a":"${'x'.repeat(100_000)}"},"id":"1","traceId":"1"}]` },

  empty: { bytes: '' },
  html: { bytes: '<!doctype html>\n<html><body>502 Bad Gateway</body></html>' },
  xz: { bytes: magic('fd377a585a00') },
  lz4: { bytes: magic('04224d18') },
  bzip2: { bytes: magic('425a6839314159265359') },
  zlib: { bytes: deflateSync(line) },
  snappy: { bytes: magic('ff060000734e61507059') },
  zip: { bytes: magic('504b0304') },
  '7z': { bytes: magic('377abcaf271c') },
  tar: { bytes: tar },
  'tar-gz': { bytes: gzipSync(tar) },
  parquet: { bytes: Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'a', data: [1], type: 'INT32' }] })) },
  avro: { bytes: magic('4f626a01') },
  orc: { bytes: magic('4f5243') },
  arrow: { bytes: magic('4152524f57310000') },
  sqlite: { bytes: Buffer.from('SQLite format 3\0') },
  'utf-16': { bytes: Buffer.from(`\ufeff${line}`, 'utf16le') },
  'utf-32': { bytes: Buffer.from(Uint32Array.from(line, letter => letter.charCodeAt(0)).buffer) },
  xml: { bytes: '<?xml version="1.0"?>\n<spans/>' },
  csv: { bytes: 'traceID,spanID,duration\n1,2,3\n' },
  'csv-gz': { bytes: gzipSync('traceID,spanID,duration\n1,2,3\n') },
  base64: { bytes: message.toString('base64') },
  text: { bytes: 'nothing of the kind' },
}
