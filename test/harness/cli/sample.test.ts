import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lab } from '../../support/command.ts'

let folder: string
const path = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-storage-lab-test-'))
  await lab('generate', '--workload', 'classic', '--size', 'medium', '--out', path('traces.json'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('what is kept is written and told by class of traces, also as JSON, and the file weighs itself', async () => {
  const args = ['sample', path('traces.json'), '--policy', 'tail:errors,head=10%', '--out', path('sample.bp')]
  const table = await lab(...args)
  expect(table.code).toBe(0)
  expect(table.stdout).toMatch(/policy tail:errors,head=10%[\s\S]* all +1,000 [\s\S]* errors [\s\S]*100\.0 %/)
  const bytes = await readFile(path('sample.bp'))
  const { stdout } = await lab(...args, '--json')
  const { classes, policy, storedBytes, representedSpans } = JSON.parse(stdout)
  expect(policy).toBe('tail:errors,head=10%')
  expect(storedBytes).toBe(bytes.length)
  expect(classes.all.traces).toBe(1000)
  expect(classes.errors.keptTraces).toBe(classes.errors.traces)
  expect(await readFile(path('sample.bp'))).toEqual(bytes)
  const counted = await lab('query', '{ } | count_over_time()', path('sample.bp'), '--json', '--step', '24h')
  const counts = JSON.parse(counted.stdout).series[0].samples.map(({ value }: { value: number }) => value)
  expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBeCloseTo(representedSpans, 6)
})

test('a sample on standard output is the file alone, and what is said of it goes beside', async () => {
  const { code, stdout, stderr } = await lab('sample', path('traces.json'), '--policy', 'head:5%', '--out', '-')
  expect(code).toBe(0)
  expect(stderr).toContain('policy head:5%')
  await lab('sample', path('traces.json'), '--policy', 'head:5%', '--out', path('five.bp'))
  expect(Buffer.from(stdout, 'latin1').equals(await readFile(path('five.bp')))).toBe(true)
})

test.each([
  ['head:0%', 'policy head: expected more than 0% and at most 100%, such as 1%, found "0%"'],
  ['collector.yaml', "policy collector.yaml: sample what-if replays a collector's YAML"],
])('the policy %s is a wrong call', async (policy, message) => {
  const { code, stderr } = await lab('sample', path('traces.json'), '--policy', policy, '--out', path('no.bp'))
  expect([code, stderr.trim()]).toEqual([2, message])
})

test('a budget of less than a trace fails and leaves no file', async () => {
  const args = ['sample', path('traces.json'), '--policy', 'budget:0.001B/s', '--out', path('no.bp')]
  const { code, stderr } = await lab(...args)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^policy budget:0.001B\/s: allows 0 bytes in the \d+ s of the input/)
  await expect(readFile(path('no.bp'))).rejects.toThrow()
})
