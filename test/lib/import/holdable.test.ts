import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Losses } from '../../../lib/formats/losses.ts'
import { encodeOtlpProto } from '../../../lib/formats/otlp/proto.ts'
import { readInputs } from '../../../lib/import/input.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { surrogateRefusal } from '../../../lib/wire/protobuf/surrogate.ts'
import { collect, streamOf } from '../../support/chunks.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdable-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** One trace of a good span and one with a member more, another trace of a bad span alone. */
function fileWith(member: string, around = ''): string {
  const span = (trace: string, id: string, more: string) => `{"traceId":"${trace}","spanId":"${id}"${more}}`
  const bad = around === '' ? `,${member}` : ''
  const spans = [span('01', '0a', ''), span('01', '0b', bad), span('02', '0c', bad)]
  const [first, ...rest] = spans.map(one => `{"spans":[${one}]${one === spans[0] ? '' : around}}`)
  const path = join(folder, 'traces.json')
  writeFileSync(path, `{"resourceSpans":[{"scopeSpans":[${first}]},{"scopeSpans":[${rest.join(',')}]}]}`)
  return path
}

async function read(path: string, skipsBad: boolean): Promise<{ traces: Trace[]; losses: Losses }> {
  const losses = new Losses({ skipsBad })
  return {
    traces: (await collect(readInputs([path], { losses, refusal: surrogateRefusal }).batches)).flat(),
    losses,
  }
}

const value = '{"stringValue":"\\udc00x"}'

test.each([
  ['"name":"\\ud800x"', '', '/name'],
  ['"traceState":"\\ud800"', '', '/traceState'],
  ['"status":{"message":"\\ud800"}', '', '/status/message'],
  ['"attributes":[{"key":"\\ud800"}]', '', '/attributes/0'],
  [`"attributes":[{"key":"a/b","value":${value}}]`, '', '/attributes/a~1b'],
  [`"attributes":[{"key":"k","value":{"arrayValue":{"values":[{},${value}]}}}]`, '', '/attributes/k/1'],
  [`"events":[{},{"attributes":[{"key":"k","value":${value}}]}]`, '', '/events/1/attributes/k'],
  ['"links":[{"traceState":"\\ud800"}]', '', '/links/0/traceState'],
  ['', ',"scope":{"name":"\\ud800"}', '/scope/name'],
  ['', ',"schemaUrl":"\\ud800"', '/scope/schemaUrl'],
])(
  'a lone surrogate costs its span where the target has none, and is named with file and path: %s%s',
  async (member, around, path) => {
    const file = fileWith(member, around)
    const reason = `${file}: otlp-json: trace 01, span 0b, ${path}: a lone surrogate has no UTF-8; --skip-bad leaves such spans out`
    await expect(read(file, false)).rejects.toMatchObject({ kind: 'unsupported', message: reason })
    const { traces, losses } = await read(file, true)
    expect(traces.map(({ traceId, spans }) => [traceId, ...spans.map(({ spanId }) => spanId)])).toEqual([['01', '0a']])
    expect(losses.listBad()).toEqual([{ file, unit: 'span', count: 2, first: reason }])
    await expect(collect(encodeOtlpProto(streamOf([traces])))).resolves.toHaveLength(1)
  },
)

test('pairs of surrogates and other texts are held', async () => {
  const { traces } = await read(fileWith('"name":"\\ud83d\\ude00\\u0000"'), false)
  expect(traces.flatMap(({ spans }) => spans)).toHaveLength(3)
})
