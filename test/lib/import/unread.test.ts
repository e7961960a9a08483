import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { detectFormat } from '../../../lib/formats/detect.ts'

const line = '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c"}]}]}]}\n'

/** A tar archive with one empty file, its header as POSIX writes it or as the oldest tar did. */
function tar(magic: string): Buffer {
  const header = Buffer.alloc(1024)
  header.write('a.json', 0)
  header.write('0000644\0', 100)
  header.write(magic, 257)
  header.fill(' ', 148, 156)
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

function wide(text: string, unitLength: 2 | 4, isBig: boolean, hasMark: boolean): Buffer {
  const codes = [...(hasMark ? '\ufeff' : ''), ...text].map(letter => letter.charCodeAt(0))
  const bytes = Buffer.alloc(codes.length * unitLength)
  codes.forEach((code, i) => {
    if (isBig) bytes.writeUIntBE(code, i * unitLength, unitLength)
    else bytes.writeUIntLE(code, i * unitLength, unitLength)
  })
  return bytes
}

const hex = (text: string) => Buffer.concat([Buffer.from(text, 'hex'), Buffer.alloc(64, 7)])
const exportAgain = 'export the traces as OTLP, Jaeger or Zipkin JSON'

describe('what is not read is named, with what to do', () => {
  test.each([
    ['xz', hex('fd377a585a00'), 'compressed with xz, which is not read: decompress it first (xz -dc f | … --input -)'],
    ['lz4', hex('04224d18'), 'compressed with lz4, which is not read: decompress it first (lz4 -dc f | … --input -)'],
    [
      'bzip2',
      hex('425a6839314159265359'),
      'compressed with bzip2, which is not read: decompress it first (bzip2 -dc f',
    ],
    ['zlib', deflateSync(line), 'compressed with zlib, which is not read: decompress it first'],
    ['snappy', hex('ff060000734e61507059'), 'compressed with snappy, which is not read'],
    ['zip', hex('504b0304'), 'a zip archive, which is not read: unpack it first (unzip f) and name the files in it'],
    ['7z', hex('377abcaf271c'), 'a 7z archive, which is not read: unpack it first (7z x f) and name the files in it'],
    ['tar', tar('ustar'), 'a tar archive, which is not read: unpack it first (tar -xf f) and name the files in it'],
    ['an old tar', tar(''), 'a tar archive, which is not read'],
    ['Avro', hex('4f626a01'), `Avro, which is not read: ${exportAgain}`],
    ['ORC', hex('4f5243'), `ORC, which is not read: ${exportAgain}`],
    ['Arrow', hex('4152524f57310000'), `Arrow IPC or Feather, which is not read: ${exportAgain}`],
    ['SQLite', Buffer.from('SQLite format 3\0x'), `an SQLite database, which is not read: ${exportAgain}`],
    ...[true, false].flatMap(isBig =>
      [true, false].flatMap((hasMark): [string, Buffer, string][] => [
        [
          'UTF-16',
          wide(line, 2, isBig, hasMark),
          'text in UTF-16, which is not read: convert it first (iconv -f UTF-16',
        ],
        [
          'UTF-32',
          wide(line, 4, isBig, hasMark),
          'text in UTF-32, which is not read: convert it first (iconv -f UTF-32',
        ],
      ]),
    ),
    ['XML', Buffer.from('<?xml version="1.0"?><a/>'), `XML, which is not read: ${exportAgain}`],
    ['XML', Buffer.from('\n<spans>\n</spans>'), `XML, which is not read: ${exportAgain}`],
    ['HTML', Buffer.from('<!DOCTYPE html>'), 'this is an HTML page, not traces; the known formats are'],
    ['CSV', Buffer.from('a,b,c\n1,2,3\n'), `CSV, which is not read: ${exportAgain}`],
    ['CSV', Buffer.from('"a";"b"\n1;"2"'), `CSV, which is not read: ${exportAgain}`],
    [
      'base64',
      Buffer.from(gzipSync(line).toString('base64')),
      'base64, which is not read: decode it first (base64 -d f | … --input -)',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => detectFormat(bytes, 'f')).toThrow(message)
  })

  test('a name is written as a shell takes it; the standard input has none', () => {
    expect(() => detectFormat(hex('fd377a585a00'), "it's.xz")).toThrow(String.raw`(xz -dc 'it'\''s.xz' | … --input -)`)
    expect(() => detectFormat(hex('fd377a585a00'), '-')).toThrow('(xz -dc | … --input -)')
    expect(() => detectFormat(tar(''), '-')).toThrow('(tar -xf -)')
  })
})

describe('the first document alone does not decide the format', () => {
  const zipkin = '{"traceId":"1","id":"1"}'
  const late = `{"tags":{"a":"${'x'.repeat(1_000)}"},"id":"1","traceId":"1"}`
  test.each([
    ['otlp-json', `\n\n{}\n${line}`],
    ['otlp-json', `[]\n${line}`],
    ['otlp-json', `\ufeff\n${line}`],
    ['otlp-json', `{"level":"info"}\n${line}`],
    ['otlp-json', `{"level":\n${line}`],
    ['otlp-json', `[{},[],${line}]`],
    ['zipkin', `[]\n[${zipkin}]`],
    ['zipkin', `[[],[{},${zipkin}]]`],
    ['zipkin', late],
    ['jaeger', '{"data":[]}\n{"data":[{"traceID":"1","spans":[]}]}'],
    ['ndjson', '{}\n{"startTimeUnixNano":"1","spanId":"1","traceId":"1"}'],
  ])('%s: %j', (format, text) => {
    expect(detectFormat(Buffer.from(text), 'f').name).toBe(format)
  })

  test.each(['Notes\n\n{"resourceSpans":[]}', '', '{}', '[[[{"resourceSpans":[]}]]]', '"{"', '{"data":[]}'])(
    '%j is in no format',
    text => {
      expect(() => detectFormat(Buffer.from(text), 'f')).toThrow(/the known formats are/)
    },
  )
})
