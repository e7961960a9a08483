import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { faultPolicies, measureFaults } from '../../../../harness/bench/loss/faults.ts'
import { silent } from '../../../../harness/text/progress.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { lab } from '../../../support/command.ts'
import { drawsOf } from '../../../support/draws.ts'
import { span } from '../../../support/nasty.ts'

const seed = 4
const resource = { attributes: [{ key: 'service.name', value: 'shop' }], droppedAttributesCount: 0, schemaUrl: '' }

/** A trace each millisecond, slow from the 1,000th to the 1,999th. */
function slowInTheMiddle(): Trace[] {
  const draw = drawsOf(seed)
  const hex = () =>
    Math.floor(draw() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return Array.from({ length: 4000 }, (_, i): Trace => {
    const startNanos = BigInt(i) * 1_000_000n
    const duration = Math.round((i >= 1000 && i < 2000 ? 5000 : 1000) * (0.5 + draw()))
    const own = span({ name: 'buy', resource, startNanos, endNanos: startNanos + BigInt(duration), parentSpanId: '' })
    return { traceId: hex() + hex() + hex() + hex(), spans: [own] }
  })
}

test(`a fault that all traces show is seen where enough of them are kept (seed ${seed})`, async () => {
  const traces = slowInTheMiddle()
  const traceIds = traces.slice(1000, 2000).map(({ traceId }) => traceId)
  const label = {
    name: 'slow',
    service: 'shop',
    effect: '',
    marks: '',
    startNanos: '1000000000',
    endNanos: '2000000000',
  }
  const { faults, policies } = await measureFaults(traces, [{ ...label, traceIds }], silent)
  const [fault] = faults
  expect(fault!.signals.map(signal => signal.split(' ')[0])).toEqual(['p50', 'p95'])
  const at = faultPolicies.indexOf('head:10%')
  expect(fault!.seen[at]).toBe(1)
  expect(fault!.markedKept[at]).toBeCloseTo(0.1, 1)
  expect(policies[at]!.traces).toBeCloseTo(0.1, 1)
})

const folder = mkdtempSync(join(tmpdir(), 'faults-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ['{', 'not JSON'],
  ['[]', 'expected a list as member faults'],
  ['{"faults":[{"name":"x"}]}', 'faults[0] needs the texts name and service'],
])('labels that are %s are refused with the file', async (text, reason) => {
  const path = join(folder, 'labels.json')
  writeFileSync(path, text)
  const { code, stderr } = await lab('bench', 'sampling', '--size', 'small', '--labels', path, '--results', folder)
  expect(code).toBe(1)
  expect(stderr).toContain(`${path}: ${reason}`)
})
