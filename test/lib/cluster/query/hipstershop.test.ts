import { beforeAll, expect, test } from 'vitest'
import { keptSource } from '../../../../lib/model/kept-source.ts'
import type { Trace } from '../../../../lib/model/trace.ts'
import { blockFormats } from '../../../../lib/serve/blocks/meta.ts'
import { ask, inAnyOrder, serverOf } from '../../../support/api-questions.ts'
import { frontendOf, startQuerier } from '../../../support/cluster-queriers.ts'
import { Stage } from '../../../support/cluster-stage.ts'
import { corpusPath } from '../../../support/corpora.ts'
import { drawsOf } from '../../../support/draws.ts'
import { describeFiles, readJson, readTraces, referencePath } from '../../traceql/references.ts'

const capture = corpusPath('otlp-stef-hipstershop/hipstershop-oteltraces.otlp-multipart.pb.zst')
const queriesFile = 'hipstershop-queries.json'
const traceCount = 240
const seed = Number(process.env.SEED ?? 20261129)

interface Queries {
  readonly start: string
  readonly end: string
  readonly stepNs: number
  readonly queries: readonly { readonly kind: 'search' | 'metrics'; readonly query: string }[]
}

describeFiles('the 20 queries of hipstershop, asked of a cluster', [referencePath(queriesFile), capture], () => {
  const { start, end, stepNs, queries } = readJson(queriesFile) as Queries
  let traces: Trace[]
  beforeAll(async () => {
    traces = (await readTraces(capture)).slice(0, traceCount)
  }, 120_000)

  test(`have the answers of one process, while spans come, become blocks and are compacted (seed ${seed})`, async () => {
    const draw = drawsOf(seed)
    const stage = await Stage.open(2, draw, blockFormats)
    const queriers = await Promise.all([1, 2, 3].map(() => startQuerier(stage)))
    for (let step = 0; step < 4; step++) {
      stage.append('a', traces.slice((step * traceCount) / 4, ((step + 1) * traceCount) / 4))
      await stage.build(step % 2, 500)
      if (step === 3) await stage.compact('a', 2, true)
      const { app, dispatcher } = await frontendOf(stage, () => queriers.slice(0, step).map(({ remote }) => remote))
      const one = serverOf(keptSource(stage.tracesOf('a')))
      let found = 0
      for (const { kind, query } of queries) {
        const parameters: Record<string, string> =
          kind === 'search' ? { limit: '100000', spss: '100000' } : { start, end, step: `${stepNs}ns` }
        const path = kind === 'search' ? '/api/search' : '/api/metrics/query_range'
        const url = `${path}?${new URLSearchParams({ q: query, ...parameters })}`
        const expected = inAnyOrder(await ask(one, url, 'a'))
        const isSame = JSON.stringify(inAnyOrder(await ask(app, url, 'a'))) === JSON.stringify(expected)
        expect(isSame, `seed ${seed}, step ${step}, ${query}`).toBe(true)
        if (JSON.stringify(expected).length > 200) found++
      }
      expect(found).toBeGreaterThan(8)
      expect(dispatcher.counters.jobs > 0).toBe(step > 0)
      expect(dispatcher.counters.localJobs).toBe(0)
    }
  }, 60_000)
})
