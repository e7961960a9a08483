import { expect, test } from 'vitest'
import { openLiveTable } from '../../../harness/lab/live-table.ts'
import { type Candidate, failedRow } from '../../../harness/lab/rows.ts'
import type { Input, Row } from '../../../harness/runs/run-schema.ts'
import { openProgress } from '../../../harness/text/progress.ts'
import { widthOf } from '../../../harness/text/width.ts'
import ndjson from '../../../phases/01-ndjson.ts'
import { Terminal } from '../../support/terminal.ts'

const input = { baselineBytes: 1e6, bytes: 5e5, spanCount: 1000 } as Input
const candidates = ['01', '02', '03'].map(
  (number): Candidate => ({
    ...{ number, slug: `${number}-x`, path: '', variant: 'default', options: {} },
    phase: { ...ndjson, title: `phase ${number}` },
  }),
)

function earned(i: number): Row {
  const figures = { sizeBytes: 1000 * (i + 1), bytesPerSpan: i + 1, ratio: 2, inputRatio: 3, zstdGain: 4 }
  return { ...failedRow(candidates[i]!, ''), problem: null, fidelity: 'exact', ...figures }
}

test('rows appear as they are earned, above a status and the bars, none of which stays', () => {
  const terminal = new Terminal()
  const progress = openProgress(terminal.asStream())
  const table = openLiveTable(progress, candidates, input)
  const stage = progress.stage('02 phase 02: prove', 10)
  expect(terminal.lines).toHaveLength(6)
  expect(terminal.lines[1]).toMatch(/^ phase +bytes +B\/span .*kept/)
  expect(terminal.lines[3]).toBe('0 of 3 rows earned')
  table.add(earned(1))
  expect(terminal.lines[3]).toMatch(/^ 02 phase 02 +2,000 +2\.00 +2\.00x +3\.00x +4\.00x +– +exact/)
  expect(terminal.lines[4]).toMatch(/^1 of 3 rows earned, about \d+ s to go$/)
  expect(terminal.lines[5]).toMatch(/^02 phase 02: prove +░+ 0 spans$/)
  table.add(failedRow(candidates[0]!, 'broken'))
  table.add(earned(2))
  stage.end()
  table.end()
  expect(terminal.lines.slice(3).map(line => line.slice(0, 12).trim())).toEqual([
    ...['02 phase 02', '01 phase 01', '03 phase 03'],
    ...['─'.repeat(12), ''],
  ])
  expect(terminal.lines[4]).toMatch(/PROBLEM/)
  progress.erase()
  expect(terminal.lines).toEqual([''])
})

test('no line is longer than the terminal is wide, and what has left the screen is not erased', () => {
  const terminal = new Terminal(60, 7)
  const progress = openProgress(terminal.asStream())
  const table = openLiveTable(progress, candidates, input)
  progress.stage('a stage with a long name', 10)
  for (const i of candidates.keys()) table.add(earned(i))
  expect(Math.max(...terminal.lines.map(widthOf))).toBeLessThan(60)
  table.end()
  progress.erase()
  expect(terminal.lines.filter(line => line.includes('exact'))).toHaveLength(3)
})

test('a run that is interrupted leaves the rows that it has drawn', () => {
  const terminal = new Terminal()
  const progress = openProgress(terminal.asStream())
  const table = openLiveTable(progress, candidates, input)
  table.add(earned(0))
  progress.stage('interrupted', 10).advance(3)
  expect(terminal.lines[3]).toMatch(/^ 01 phase 01 +1,000 /)
})

test('elsewhere nothing is drawn', () => {
  const pipe = Object.assign(new Terminal(), { isTTY: false })
  const table = openLiveTable(openProgress(pipe.asStream()), candidates, input)
  table.add(earned(0))
  table.end()
  expect(pipe.lines).toEqual([''])
})
