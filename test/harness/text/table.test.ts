import { describe, expect, test } from 'vitest'
import { fixed } from '../../../harness/text/format.ts'
import { type Page, printPage } from '../../../harness/text/page.ts'
import { plain } from '../../../harness/text/screen.ts'
import { number, type Table, tableOf, text, type Value } from '../../../harness/text/table.ts'
import { printTerminal } from '../../../harness/text/terminal-table.ts'
import { widthOf } from '../../../harness/text/width.ts'
import { drawsOf } from '../../support/draws.ts'

const rows: [string, number | null, Value][] = [
  ['checkout', 1234567, ['a, "quoted"', 'b\r\nc']],
  ['日本|x', null, []],
]
const table = tableOf(rows, [
  text('service', ([service]) => service),
  number('bytes', ([, bytes]) => bytes),
  number('B/span', ([, bytes]) => bytes && { value: bytes / 1000, words: 'about 1k' }, fixed(2)),
  text('ids', ([, , ids]) => ids),
])

test('at no terminal a table is as wide as its cells', () => {
  expect(printTerminal(table, plain).replaceAll(/ +$/gm, '')).toBe(
    [
      '─'.repeat(44),
      ' service       bytes    B/span  ids',
      '─'.repeat(44),
      ' checkout  1,234,567  about 1k  a, "quoted"',
      '                                b··c',
      ' 日本|x            –         –',
      '─'.repeat(44),
    ].join('\n'),
  )
})

test('programs get the values: CSV by RFC 4180, JSON by header', () => {
  expect(printPage([table], 'csv', plain)).toBe(
    'service,bytes,B/span,ids\r\ncheckout,1234567,1234.567,"a, ""quoted""\nb\r\nc"\r\n日本|x,,,\r\n',
  )
  expect(JSON.parse(printPage(['text', table], 'json', plain))).toEqual([
    { service: 'checkout', bytes: 1234567, 'B/span': 1234.567, ids: ['a, "quoted"', 'b\r\nc'] },
    { service: '日本|x', bytes: null, 'B/span': null, ids: [] },
  ])
})

test('several tables are parted by an empty line in CSV and by their names in JSON', () => {
  const page: Page = [
    tableOf([1], [number('a', n => n)], 'first'),
    'words between',
    tableOf(['x'], [text('b', x => x)], 'second'),
  ]
  expect(printPage(page, 'csv', plain)).toBe('a\r\n1\r\n\r\nb\r\nx\r\n')
  expect(JSON.parse(printPage(page, 'json', plain))).toEqual({ first: [{ a: 1 }], second: [{ b: 'x' }] })
  expect(printPage(page, 'table', plain)).toBe('───\n a \n───\n 1 \n───\nwords between\n───\n b \n───\n x \n───\n')
  expect(printPage(page, 'markdown', plain)).toMatch(/^\| +a \|\n\| --: \|\n\| +1 \|\n\nwords between\n\n\| b/)
})

test('Markdown keeps the lines of a cell in it, and its bars', () => {
  expect(printPage([table], 'markdown', plain)).toContain('| checkout | 1,234,567 | about 1k | a, "quoted"<br>b··c |')
  expect(printPage([table], 'markdown', plain)).toContain('日本\\|x')
})

describe('where there is little room', () => {
  const wide = tableOf(
    ['x'.repeat(40)],
    [
      text('name', name => name),
      number('first', () => 123456),
      number('second', () => 123456, undefined, { keep: 1 }),
      number('third', () => 123456),
      text('id', () => '0123456789abcdef', { isWhole: true, keep: 2 }),
    ],
  )
  const shown = (width: number) =>
    printTerminal(wide, { width, hasColors: false })
      .split('\n')
      .map(line => line.trimEnd())

  test('texts are cut first', () => {
    expect(shown(60)[3]).toBe(` ${'x'.repeat(12)}…  123,456  123,456  123,456  0123456789abcdef`)
    expect(shown(60)).toHaveLength(5)
  })

  test('then columns are left out, those of least use first and from the right, and a line names them', () => {
    expect(shown(50)[3]).toBe(` ${'x'.repeat(11)}…  123,456  123,456  0123456789abcdef`)
    expect(shown(50).at(-1)).toBe('not shown: third (a wider terminal or --format cs…')
    expect(shown(42)[1]).toBe(' name            second  id')
    expect(printTerminal(wide, { width: 42, hasColors: true }).split('\n').at(-1)).toBe(
      '\x1b[2mnot shown: first, third (a wider terminal…\x1b[22m',
    )
  })

  test('an id is whole or absent, and the first column stays', () => {
    expect(shown(20)[1]).toBe(' name')
    expect(shown(5)[3]).toBe(' xx…')
  })

  test('no line of any table is longer than the screen is wide', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const draw = drawsOf(seed)
      const drawn = drawTable(draw)
      const width = 3 + Math.floor(draw() * 120)
      const widths = printTerminal(drawn, { width, hasColors: draw() < 0.5 })
        .split('\n')
        .map(widthOf)
      expect(Math.max(...widths), `seed ${seed}`).toBeLessThanOrEqual(width)
    }
  })
})

function drawTable(draw: () => number): Table {
  const letters = [...'ab,"|…日🚀\u0301\u200b\n\x1b']
  const word = (most: number) =>
    Array.from({ length: draw() * most }, () => letters[Math.floor(draw() * letters.length)]!).join('')
  const columns = Array.from({ length: 1 + draw() * 9 }, (_, i) => {
    const hints = { keep: Math.floor(draw() * 3), isWhole: draw() < 0.3 }
    return draw() < 0.5 ? text(`${i}`, () => word(40), hints) : number(`column ${i}`, () => draw() * 10 ** (draw() * 9))
  })
  return tableOf(new Array(Math.floor(draw() * 4)).fill(0), columns)
}
