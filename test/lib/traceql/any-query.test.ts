import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { memorySource } from '../../../lib/model/memory-source.ts'
import type { Trace } from '../../../lib/model/trace.ts'
import { search } from '../../../lib/traceql/answers/search.ts'
import { parseQuery } from '../../../lib/traceql/engine/validate.ts'
import { print } from '../../../lib/traceql/language/print.ts'
import { queryRange } from '../../../lib/traceql/metrics/metrics.ts'
import { arbitraryTraces, seeded } from '../../support/arbitrary.ts'
import { drawsOf } from '../../support/draws.ts'
import { drawn } from '../../support/effort.ts'
import { nastyCorpora } from '../../support/nasty.ts'
import { strictSource } from './engine/hints.ts'
import { arbitraryQuery } from './language/arbitrary-query.ts'
import { drawTraces } from './queries.ts'

const { seed } = seeded(1)
const range = {
  startNanos: 1_700_000_000_000_000_000n,
  endNanos: 1_700_000_010_000_000_000n,
  stepNanos: 1_000_000_000n,
}

/** Whether a query is answered; fails where it is refused with anything but an error of ours. */
async function answers(traces: readonly Trace[], text: string, kind: string): Promise<boolean> {
  try {
    const source = memorySource(traces)
    if (kind === 'search') JSON.stringify(await search(source, parseQuery(text)))
    else JSON.stringify(await queryRange(source, parseQuery(text), { ...range, exemplars: 1 }))
    return true
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    expect(['invalid', 'unsupported']).toContain(error.kind)
    return false
  }
}

test(`any query of any shape is answered or refused (seed ${seed})`, async () => {
  const traces = drawTraces(drawsOf(seed), 20)
  let answered = 0
  await fc.assert(
    fc.asyncProperty(arbitraryQuery, async query => {
      if (await answers(traces, print(query), query.kind)) answered++
    }),
    seeded(3000),
  )
  expect(answered).toBeGreaterThan(drawn(3000) / 30)
})

const texts = [
  '{ }',
  '{ span.key0 != nil || resource.key0 != nil }',
  '{ event:timeSinceStart >= 0 && link:spanID != "" }',
  '{ } >> { } | by(span.key0) | count() > 0 | select(trace:duration, rootName, nestedSetLeft, span.key0, event:name)',
  '{ } | rate() by (span.key0, name)',
  '{ } | quantile_over_time(duration, .5) by (resource.key0)',
  '{ } | compare({ duration > 0 })',
]

test.each(nastyCorpora)('nasty traces are answered: $name', async ({ traces }) => {
  for (const text of texts) {
    expect(await answers(traces, text, / \| (rate|quantile|compare)/.test(text) ? 'metrics' : 'search'), text).toBe(
      true,
    )
  }
})

test(`any traces are found, with hints taken at their word (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryTraces, async traces => {
      const whole = { limit: 1e9, spss: 1e9 }
      for (const text of texts.slice(0, 4)) {
        const spans = JSON.stringify(
          (await search(memorySource(traces), parseQuery(text), whole)).traces.map(trace => trace.spanSets),
        )
        if (text !== texts[2])
          expect(
            JSON.stringify(
              (await search(strictSource(traces), parseQuery(text), whole)).traces.map(trace => trace.spanSets),
            ),
          ).toBe(spans)
      }
      const all = await search(memorySource(traces), parseQuery('{ }'), whole)
      expect(all.traces.length).toBe(traces.length)
    }),
    seeded(150),
  )
})
