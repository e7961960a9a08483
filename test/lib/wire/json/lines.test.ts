import { expect, test } from 'vitest'
import { readLines } from '../../../../lib/wire/json/lines.ts'
import { chunked } from '../../../support/chunks.ts'

async function linesOf(text: string, chunkLength: number, max?: number): Promise<[string, number, number][]> {
  const lines: [string, number, number][] = []
  for await (const { bytes, line, offset } of readLines(chunked(Buffer.from(text), chunkLength), max))
    lines.push([bytes.toString(), line, offset])
  return lines
}

test('lines keep their number and offset in any chunking', async () => {
  const text = 'a\n\nbcd\r\n\r\n\ré\r\r\nlast'
  const expected = [
    ['a', 1, 0],
    ['', 2, 2],
    ['bcd', 3, 3],
    ['', 4, 8],
    ['\ré\r', 5, 10],
    ['last', 6, 16],
  ]
  for (let length = 1; length <= text.length + 2; length++) expect(await linesOf(text, length)).toEqual(expected)
})

test('the last line may lack its terminator, and nothing follows one that has it', async () => {
  expect(await linesOf('', 1)).toEqual([])
  expect(await linesOf('\n', 1)).toEqual([['', 1, 0]])
  expect(await linesOf('a\n', 1)).toEqual([['a', 1, 0]])
  expect(await linesOf('a\r', 1)).toEqual([['a\r', 1, 0]])
})

test('a line beyond the maximum is refused, one at it is not', async () => {
  for (const length of [1, 3, 100]) {
    expect(await linesOf('x\nabcd\r\n', length, 4)).toHaveLength(2)
    for (const text of ['x\nabcde\n', 'x\nabcde', 'x\nabcde\r\n', 'x\nabcdefgh'])
      await expect(linesOf(text, length, 4)).rejects.toMatchObject({
        kind: 'invalid',
        message: 'line 2: longer than 4 bytes',
      })
  }
})

test('one line over very many chunks takes linear time', async () => {
  const started = performance.now()
  const [line] = await linesOf('x'.repeat(300_000), 1)
  expect(line?.[0]).toHaveLength(300_000)
  expect(performance.now() - started).toBeLessThan(5_000)
})
