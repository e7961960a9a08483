import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { whatIf } from '../../../../harness/bench/loss/what-if.ts'
import { whatIfPage } from '../../../../harness/bench/loss/what-if-page.ts'
import { printPage } from '../../../../harness/text/page.ts'
import { parseCollectorConfig } from '../../../../lib/collector/config.ts'
import { lab } from '../../../support/command.ts'
import { generatedTraces } from '../../../support/generated.ts'

const policies = `processors:
  batch: {}
  tail_sampling:
    decision_wait: 10s
    policies:
      - { name: errors, type: status_code, status_code: { status_codes: [ERROR] } }
      - { name: tenth, type: probabilistic, probabilistic: { sampling_percentage: 10 } }
  probabilistic_sampler: { sampling_percentage: 0 }
  spanpruning: { min_spans_to_aggregate: 2 }
service: { pipelines: { traces: { processors: [tail_sampling, spanpruning] } } }
`
const traces = generatedTraces('otel', 200)
const config = parseCollectorConfig(policies, 'c.yaml')
const result = await whatIf(traces, config)
const [tail, none, pruned, pipeline] = result.effects

test('what each processor keeps is counted, in traces, spans and bytes, and what is lost', () => {
  expect(result.effects.map(({ name }) => name)).toEqual([
    'tail_sampling',
    'probabilistic_sampler',
    'spanpruning',
    'pipeline traces',
  ])
  expect(tail!.kept.traces).toBeLessThan(traces.length / 2)
  expect(tail!.survived.errors).toBe(1)
  expect(tail!.unseenOperations).toEqual([])
  expect(none).toMatchObject({ kept: { traces: 0, spans: 0, blockpackBytes: 0 }, survived: { all: 0, errors: 0 } })
  expect(none!.unseenOperations).toHaveLength(result.faultyOperations)
  expect(none!.overall).toEqual({ spans: null, errorShare: null, p95Nanos: null })
  expect(pruned!.kept.traces).toBe(traces.length)
  expect(pruned!.kept.spans).toBeLessThan(result.original.spans)
  expect(pruned!.survived.all).toBeLessThan(1)
  expect(pipeline!.kept.traces).toBe(tail!.kept.traces)
  expect(pipeline!.kept.spans).toBeLessThan(tail!.kept.spans)
})

test('estimates have bounds that hold the truth, and policies are told apart by what only they keep', () => {
  const { value, low, high } = tail!.overall.spans!
  expect(low).toBeLessThan(result.original.spans)
  expect(high).toBeGreaterThan(result.original.spans)
  expect(value).not.toBe(result.original.spans)
  const [errors, tenth] = tail!.policies
  expect(errors!.only.traces + tenth!.only.traces).toBeLessThanOrEqual(tail!.kept.traces)
  expect(errors!.traces).toBeGreaterThanOrEqual(errors!.only.traces)
  expect(errors!.only.otlpZstdBytes).toBeGreaterThan(0)
})

test('the page is narrow, names what is left out, and what an incident would no longer show', () => {
  const text = printPage(whatIfPage(result, config), 'table', { width: 100, hasColors: false })
  expect(text).toMatch(/tail_sampling by policy/)
  expect(text).toContain('left out: c.yaml: processors.batch: is not replayed')
  expect(text).toContain('without effect on a capture of whole traces: decision_wait')
  expect(text).toMatch(
    /probabilistic_sampler would no longer show, or not whole: 100 % of traces with errors; 100 % of slow/,
  )
  expect(text).not.toContain('not shown')
})

const folder = mkdtempSync(join(tmpdir(), 'what-if-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('the command prints all of it as JSON, and refuses a policy that is wrong in one line', async () => {
  const path = join(folder, 'collector.yaml')
  writeFileSync(path, policies)
  const { code, stdout } = await lab('sample', 'what-if', '--policy', path, '--size', 'small', '--json')
  expect(code).toBe(0)
  const printed = JSON.parse(stdout)
  expect(printed.effects).toHaveLength(4)
  expect(printed.effects[0].price.length).toBeGreaterThan(10)
  expect(printed.leftOut).toEqual([{ place: `${path}: processors.batch`, reason: 'is not replayed' }])
  writeFileSync(path, policies.replace('10 }', 'ten }'))
  const wrong = await lab('sample', 'what-if', '--policy', path, '--size', 'small')
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toMatch(
    /line 7: .*policies\[1\]\.probabilistic\.sampling_percentage is "ten", needs a number\n$/,
  )
  const missing = await lab('sample', 'what-if', '--policy', join(folder, 'none.yaml'), '--size', 'small')
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('none.yaml')])
})
