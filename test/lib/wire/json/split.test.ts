import { describe, expect, test } from 'vitest'
import { splitDocuments, splitValues } from '../../../../lib/wire/json/split.ts'
import { chunked, collect } from '../../../support/chunks.ts'

const shape = { arrays: ['items', 'things'], others: ['logs'], wrappers: ['wrapper'], maxWrapperDepth: 3 }

async function split(text: string, length = text.length + 1): Promise<{ items: [number, string][]; drops: string[] }> {
  const items: [number, string][] = []
  const drops: string[] = []
  const bytes = Buffer.from(text)
  const report = {
    dropped: (field: string) => void drops.push(field),
    passed: (name: string) => void drops.push(`passed ${name}`),
  }
  for await (const item of splitDocuments(chunked(bytes, length), shape, report)) {
    expect(bytes.subarray(item.offset, item.offset + item.bytes.length).equals(item.bytes)).toBe(true)
    items.push([item.offset, item.bytes.toString()])
  }
  return { items, drops }
}

const tricky = [
  ' {"items" : [ {"a":"]}\\"\\\\"} ,[1,[2]], "x\\"", 12 , null ], "other":{"deep":["]"]}}',
  '{"things":[],"more":null}{"items":[{"é":"\\u0022}"}]}\n\n',
  '[{"items":[1]},{"items":[2,3]} ]\t[]',
  '{"wrapper":{"items":[{}],"status":"ok"},"metrics":1}{"items":null}{}',
].join('\r\n')

test('items come with their offsets in any chunking', async () => {
  const expected = await split(tricky)
  expect(expected.items.map(([, text]) => text)).toEqual([
    '{"a":"]}\\"\\\\"}',
    '[1,[2]]',
    '"x\\""',
    '12',
    'null',
    '{"é":"\\u0022}"}',
    '1',
    '2',
    '3',
    '{}',
  ])
  expect(expected.drops).toEqual(['other', 'more', 'wrapper.status', 'metrics'])
  for (let length = 1; length < 60; length++) expect(await split(tricky, length)).toEqual(expected)
})

test('a byte order mark in front is passed over', async () => {
  expect((await split('\ufeff{"items":[1]}')).items).toEqual([[13, '1']])
})

test.each([
  ['{"foo":[],"bar":1}', 'invalid', 'byte 0: no traces here: expected items, found key "foo"'],
  ['{"items":[]}  {"foo":1}', 'invalid', 'byte 14: no traces here: expected items, found key "foo"'],
  ['{"wrapper":{"foo":1}}', 'invalid', 'byte 11: no traces here: expected items, found key "foo"'],
  ['12', 'invalid', 'byte 0: a document should begin here, with {'],
  ['{"items":{}}', 'invalid', 'byte 9: "items" should be an array'],
  ['{"items":[1 2]}', 'invalid', "byte 12: ',' or ']' should stand here"],
  ['{"items":[,]}', 'invalid', 'byte 10: a value should stand here'],
  ['{"items" []}', 'invalid', `byte 9: ':' should follow the key "items"`],
  ['{items:[]}', 'invalid', 'byte 1:'],
  ['{"items":[],"x":[}}', 'invalid', 'byte 17:'],
  ['{"items":[],"x":tru}', 'invalid', 'byte 16: expected true'],
  ['{"items":[],"x":nulL}', 'invalid', 'byte 16: expected null'],
  ['[{"items":[]} {"items":[]}]', 'invalid', "byte 14: ',' or ']' should stand here"],
])('%s is refused', async (text, kind, message) => {
  for (const length of [1, 3, 100])
    await expect(split(text, length)).rejects.toMatchObject({ kind, message: expect.stringContaining(message) })
})

test('every prefix of a document is truncated', async () => {
  const text = '{"items":[{"a":"\\n"},[true]],"x":{"y":1.5}}'
  for (let end = 1; end < text.length; end++)
    for (const length of [1, 100])
      await expect(split(text.slice(0, end), length), text.slice(0, end)).rejects.toMatchObject({ kind: 'truncated' })
})

test('one item over very many chunks takes linear time', async () => {
  const { items } = await split(`{"items":["${'x'.repeat(200_000)}"]}`, 1)
  expect(items[0]?.[1]).toHaveLength(200_002)
})

describe('values', () => {
  async function splitAll(text: string, length: number): Promise<[number, string][]> {
    const items = await collect(splitValues(chunked(Buffer.from(text), length)))
    return items.map(({ bytes, offset }) => [offset, bytes.toString()])
  }

  test('those that follow one another and those in arrays, in any chunking', async () => {
    const text = '\ufeff{"a":[1]}\n[{"b":"]"}, [2,{}] ,[] ]\t[]'
    for (let length = 1; length < 50; length++)
      expect(await splitAll(text, length)).toEqual([
        [3, '{"a":[1]}'],
        [14, '{"b":"]"}'],
        [26, '2'],
        [28, '{}'],
      ])
  })

  test.each([
    ['[[[1]]]', 'invalid', 'byte 2: arrays lie within one another more than 2 deep'],
    ['[1 2]', 'invalid', "byte 3: ',' or ']' should stand here"],
    ['[1', 'truncated', 'byte 2: ends inside the value that begins at byte 1'],
    ['[{}', 'truncated', 'byte 3: ends inside an array'],
  ])('%s is refused', async (text, kind, message) => {
    for (const length of [1, 100]) await expect(splitAll(text, length)).rejects.toMatchObject({ kind, message })
  })
})

describe('documents within others', () => {
  test.each([
    ['{"a":{"b":[{"items":[1]}]},"c":2}', ['1'], ['c']],
    ['{"a":[[],{"items":[1],"d":3},{"wrapper":{"items":[2]}}]}', ['1', '2'], ['a.d']],
    ['{"a":{}}{"a":null}{"a":[[]]}{"items":[1]}', ['1'], []],
    ['\ufeff{"items":[1]}\n\ufeff{"items":[2]}', ['1', '2'], []],
    ['{"logs":[{"items":[1]}],"x":1}{"logs":[],"items":[2]}', ['2'], ['passed logs', 'x', 'passed logs']],
    ['{"things":[],"items":[1]}', ['1'], []],
    ['{"things":[1],"items":[2]}', ['1'], ['items']],
  ])('%s', async (text, items, drops) => {
    for (const length of [1, 3, 100]) {
      const found = await split(text, length)
      expect(found.items.map(([, item]) => item)).toEqual(items)
      expect(found.drops).toEqual(drops)
    }
  })

  test.each([
    ['{"a":{"b":{"c":{"d":{"items":[1]}}}}}', 'expected items, found key "d"'],
    ['{"a":{"b":1}}', 'byte 5: no traces here: expected items, found key "b"'],
  ])('%s is refused', async (text, message) => {
    await expect(split(text)).rejects.toThrow(message)
  })
})
