import { gzipSync } from 'node:zlib'
import { zstdCompressor } from '../../../lib/codecs/compress.ts'
import { delimited, fixed64, prefixed } from '../../support/protobuf.ts'
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

/** What this half of the page names: compression, containers and OTLP. */
export const containerFixtures: Fixtures = {
  gzip: { bytes: gzipSync(line) },
  'gzip-members': { bytes: Buffer.concat([gzipSync(line), gzipSync(line)]), spanCount: 2 },
  'gzip-cut': { bytes: gzipSync(line.repeat(2_000)).subarray(0, -9), spanCount: 2_000 },
  'gzip-three-layers': { bytes: gzipSync(gzipSync(gzipSync(line))) },
  zstd: { bytes: zstd(Buffer.from(line)) },
  'zstd-frames': { bytes: Buffer.concat([zstd(Buffer.from(line)), zstd(Buffer.from(line))]), spanCount: 2 },
  'zstd-skippable': { bytes: Buffer.concat([skippable, zstd(Buffer.from(line))]) },

  'otlp-json': { bytes: line },
  'otlp-json-lines': { bytes: line + line, spanCount: 2 },
  'otlp-json-array': { bytes: `[${line},${line}]`, spanCount: 2 },
  'otlp-proto': { bytes: message },
  'otlp-proto-stream': { bytes: Buffer.concat([prefixed(message), prefixed(message)]), spanCount: 2 },

  empty: { bytes: '' },
  html: { bytes: '<!doctype html>\n<html><body>502 Bad Gateway</body></html>' },
}
