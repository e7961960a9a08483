import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { encodeMessage, printMessage, type Schema } from '../../../../lib/serve/api/message.ts'
import {
  rangeResponse,
  searchResponse,
  tagsV2Response,
  tagValuesV2Response,
} from '../../../../lib/serve/api/tempopb.ts'
import { describeReference, referencePath } from '../../traceql/references.ts'

const samples: [string, Schema][] = [
  ['tags-v2', tagsV2Response],
  ['tag-values-v2', tagValuesV2Response],
  ...['vParquet4', 'vParquet5'].flatMap((version): [string, Schema][] => [
    ...['simple', 'select', 'by', 'struct', 'empty'].map((kind): [string, Schema] => [
      `${version}-search-${kind}`,
      searchResponse,
    ]),
    ...['rate', 'hist', 'quantile', 'compare'].flatMap(kind =>
      ['raw', 'final'].map((form): [string, Schema] => [`${version}-range-${kind}-${form}`, rangeResponse]),
    ),
  ]),
]

/** Go writes its own bits of NaN, and maps in no order: the services as they lie in the bytes. */
function asGoWrites(json: { traces?: { serviceStats: object }[] }, bytes: Buffer) {
  const traces = json.traces?.map(trace => ({
    ...trace,
    serviceStats: Object.fromEntries(
      Object.entries(trace.serviceStats).sort(([a], [b]) => bytes.lastIndexOf(a) - bytes.lastIndexOf(b)),
    ),
  }))
  return traces === undefined ? json : { ...json, traces }
}

test('a text of a zero is no zero: the value 0 of a tag, an operation that is called 0', () => {
  const values = { tagValues: [{ type: 'int', value: '0' }], metrics: {} }
  expect(printMessage(tagValuesV2Response, values)).toBe('{"tagValues":[{"type":"int","value":"0"}],"metrics":{}}')
  const traces = { traces: [{ traceID: '1', rootTraceName: '0', startTimeUnixNano: '0' }] }
  expect(printMessage(searchResponse, traces)).toBe('{"traces":[{"traceID":"1","rootTraceName":"0"}]}')
  expect(Buffer.from(encodeMessage(searchResponse, traces)).toString('hex')).toBe('0a060a01311a0130')
})

describeReference('as Tempo writes', ['tempo-api-samples'], () => {
  test.each(samples)('%s: its JSON comes back as it is, and in protobuf with the same bytes', (name, schema) => {
    const json = JSON.parse(readFileSync(referencePath(`tempo-api-samples/${name}.json`), 'utf8'))
    const expected = readFileSync(referencePath(`tempo-api-samples/${name}.pb`))
    const actual = Buffer.from(encodeMessage(schema, asGoWrites(json, expected))).toString('hex')
    expect(printMessage(schema, json)).toBe(JSON.stringify(json))
    expect(actual.replaceAll('000000000000f87f', '010000000000f87f')).toBe(expected.toString('hex'))
  })
})
