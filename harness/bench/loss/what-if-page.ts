import type { CollectorConfig } from '../../../lib/collector/config.ts'
import type { Estimate } from '../../../lib/model/question.ts'
import { plural, roughPercent, whole } from '../../text/format.ts'
import { shorten } from '../../text/names.ts'
import type { Page } from '../../text/page.ts'
import { number, type Table, tableOf, text } from '../../text/table.ts'
import { printNanos } from '../../text/times.ts'
import { priceWords } from '../../view/loss.ts'
import type { Amount, Effect, Overall, PolicyEffect, WhatIf } from './what-if.ts'

/** What a configuration would have kept and lost, as tables and lines. */
export function whatIfPage(result: WhatIf, config: CollectorConfig): Page {
  const { original } = result
  const perPolicy = result.effects.filter(({ policies }) => policies.length > 0)
  return [
    `${plural(original.traces, 'trace')}, ${plural(original.spans, 'span')}; ` +
      `blockpack ${whole(original.blockpackBytes)} B, OTLP with zstd 3 ${whole(original.otlpZstdBytes)} B`,
    '\nKept, and of what an incident needs: traces with errors, slow ones, of rare templates, operations with errors:',
    keptTable(result),
    ...perPolicy.flatMap(({ name, policies }) => [
      `\n${name} by policy: what it would keep alone, and what is kept for it only:`,
      policyTable(policies, original),
    ]),
    '\nAll spans, as estimated from what is kept, with 95 % intervals of sampling; pruning is not in them:',
    overallTable(result),
    '\nErrors of answers by operation, median … worst:',
    errorTable(result),
    ...result.effects.flatMap(incidentLines),
    ...noteLines(result, config),
  ]
}

function keptTable({ effects, original, faultyOperations }: WhatIf): Table {
  const share = (of: keyof Amount) => (effect: Effect) => ratio(effect.kept[of], original[of])
  return tableOf(
    effects,
    [
      text('processor', ({ name }) => name),
      number('traces', share('traces'), roughPercent, { keep: 4 }),
      number('spans', share('spans'), roughPercent, { keep: 2 }),
      number('blockpack', share('blockpackBytes'), roughPercent, { keep: 4 }),
      number('zstd OTLP', share('otlpZstdBytes'), roughPercent, { keep: 3 }),
      number('errors', ({ survived }) => survived.errors, roughPercent, { keep: 3 }),
      number('slow', ({ survived }) => survived.slow, roughPercent, { keep: 3 }),
      number('rare', ({ survived }) => survived.rare, roughPercent, { keep: 1 }),
      number(
        'faulty seen',
        ({ unseenOperations }) => faultyOperations - unseenOperations.length,
        seen => `${whole(seen)} of ${whole(faultyOperations)}`,
        { keep: 1 },
      ),
    ],
    'kept',
  )
}

function policyTable(policies: readonly PolicyEffect[], original: Amount): Table {
  return tableOf(
    policies,
    [
      text('policy', ({ name }) => name),
      text('type', ({ type }) => type),
      number('alone', ({ traces }) => ratio(traces, original.traces), roughPercent, { keep: 2 }),
      number('only it', ({ only }) => ratio(only.traces, original.traces), roughPercent, { keep: 2 }),
      number('blockpack', ({ only }) => ratio(only.blockpackBytes, original.blockpackBytes), roughPercent, { keep: 2 }),
      number('zstd OTLP', ({ only }) => ratio(only.otlpZstdBytes, original.otlpZstdBytes), roughPercent),
    ],
    'policies',
  )
}

function overallTable({ overall, effects }: WhatIf): Table {
  const estimate =
    (of: keyof Overall, print: (value: number) => string) =>
    ({ overall: own }: Pick<Effect, 'name' | 'overall'>) =>
      own[of] === null ? null : { value: own[of].value, words: estimateWords(own[of], print) }
  return tableOf(
    [{ name: 'truth', overall }, ...effects],
    [
      text('processor', ({ name }) => name),
      number('spans', estimate('spans', whole), undefined, { keep: 3 }),
      number('errors', estimate('errorShare', fine), undefined, { keep: 2 }),
      number(
        'p95',
        estimate('p95Nanos', nanos => printNanos(BigInt(Math.round(nanos)))),
        undefined,
        { keep: 1 },
      ),
    ],
    'overall',
  )
}

function errorTable({ effects }: WhatIf): Table {
  const errors = (question: string) => (effect: Effect) => {
    const price = effect.price.find(one => one.question === question)!
    return { value: price.medianError, words: priceWords(price) }
  }
  return tableOf(
    effects,
    [
      text('processor', ({ name }) => name),
      number('rate', errors('spans by operation'), undefined, { keep: 3 }),
      number('error rate', errors('errors by operation'), undefined, { keep: 2 }),
      number('p50', errors('p50 by operation'), undefined, { keep: 0 }),
      number('p95', errors('p95 by operation'), undefined, { keep: 1 }),
    ],
    'errors',
  )
}

/** `1,020 (980 to 1,060)` */
function estimateWords({ value, low, high }: Estimate, print: (value: number) => string): string {
  if (low === undefined && high === undefined) return print(value)
  const bound = (one: number | undefined) => (one === undefined ? '?' : print(one))
  return `${print(value)} (${bound(low)} to ${bound(high)})`
}

function fine(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

/** Operations that a line names. */
const namedOperations = 4

/** What an incident would no longer show. */
function incidentLines({ name, survived, unseenOperations }: Effect): string[] {
  const lost = (['errors', 'slow', 'rare'] as const).flatMap(kind => {
    const share = survived[kind]
    return share === null || share === 1 ? [] : [`${roughPercent(1 - share)} of ${kinds[kind]}`]
  })
  const named = unseenOperations.slice(0, namedOperations).map(operation => shorten(operation.replace('\0', ' '), 48))
  const rest = unseenOperations.length > named.length ? ` and ${unseenOperations.length - named.length} more` : ''
  const unseen = named.length === 0 ? [] : [`the errors of ${named.join(', ')}${rest}`]
  const all = [...lost, ...unseen]
  return all.length === 0 ? [] : [`${name} would no longer show, or not whole: ${all.join('; ')}`]
}

const kinds = {
  errors: 'traces with errors',
  slow: 'slow traces',
  rare: 'traces of rare templates',
} as const

/** What to know of how it was replayed. */
function noteLines({ effects }: WhatIf, { leftOut, ignored }: CollectorConfig): string[] {
  const unweighted = effects.filter(({ unweightedTraces }) => unweightedTraces > 0)
  return [
    ...unweighted.map(
      ({ name, unweightedTraces }) =>
        `${name}: ${plural(unweightedTraces, 'trace')} kept by a rate limit count once: what they stand for is not known`,
    ),
    ...leftOut.map(({ place, reason }) => `left out: ${place}: ${reason}`),
    ...(ignored.length > 0 ? [`without effect on a capture of whole traces: ${ignored.join(', ')}`] : []),
    'drawn by the randomness of trace ids; a collector that hashes them keeps other traces, as many',
  ]
}

function ratio(part: number, all: number): number {
  return all === 0 ? 0 : part / all
}
