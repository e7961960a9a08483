import { fixed, percent, whole } from '../../text/format.ts'
import type { Page } from '../../text/page.ts'
import { type Column, number, type Table, tableOf, text } from '../../text/table.ts'
import type { Document } from '../../view/document.ts'
import type { Coverage, PolicyCoverage, QuestionCoverage } from './coverage.ts'
import { type FaultBench, faultPolicies, type PolicyRecall, type SeenFault } from './faults.ts'

/** How far answers from samples can be trusted, and which faults they still show. */
export interface SamplingBench {
  readonly coverage: Coverage
  /** Where faults are labelled. */
  readonly faults: FaultBench | undefined
}

export function samplingPage({ coverage, faults }: SamplingBench): Page {
  return [
    ...coverage.policies.flatMap(one => [describePolicy(one, coverage), coverageTable(one)]),
    ...(faults === undefined ? [] : [recallTable(faults), faultTable(faults)]),
  ]
}

/** The committed page. */
export function samplingDocument(
  title: string,
  notes: readonly string[],
  { coverage, faults }: SamplingBench,
): Document {
  return [
    `# How far samples can be trusted: ${title}`,
    notes.join('\n'),
    'Each policy samples all traces again and again, with other random numbers (`rv`) each time; their own trace states are ' +
      'left out. *held* is the share of estimates whose 95 % bounds hold the truth, *above* and *below* of those that lie ' +
      'beside it; *error* and *half width* are medians, relative to the truth. Groups that a sample has whole (*certain*) ' +
      'are no estimates; *missing* is the share of groups that a sample lacks. A half width of more than a value can have ' +
      '(-) says that at least half of the bounds are open on one side.',
    ...coverage.policies.flatMap(one => [`## ${describePolicy(one, coverage)}`, coverageTable(one)]),
    ...(faults === undefined ? [] : faultParts(faults)),
  ]
}

function faultParts(faults: FaultBench): Page {
  return [
    '## Faults, paths, errors and slow traces',
    'Averages of 20 samples. *paths* is the share of templates of which a trace is kept. TracePicker (2025) gives for a budget ' +
      'of 10 % a coverage of types of 1.0, a recall of errors of 1.0 and of latency anomalies of 0.533; Mint (ASPLOS 2025) keeps 2.7 % of bytes.',
    recallTable(faults),
    'A fault is seen in a sample where the bounds of what all traces show of it (an operation of the service or one that calls ' +
      'it: a share of traces, an error rate, p50 or p95 that differs by half and by five points of a hundred) are apart ' +
      'between its time and the time without any fault. The share of 20 samples in which it is seen, and of the marked ' +
      'traces that are kept:',
    faultTable(faults),
    ...faults.faults.map(({ name, service, signals }) =>
      signals.length === 0
        ? `- ${name} (${service}): all traces do not show it by these measures`
        : `- ${name} (${service}): ${signals.slice(0, 3).join('; ')}${signals.length > 3 ? `; and ${signals.length - 3} more` : ''}`,
    ),
  ]
}

function describePolicy({ policy, samples, keptTraces }: PolicyCoverage, { traces }: Coverage): string {
  return `${policy}: ${whole(samples)} samples of ${whole(Math.round(keptTraces))} of ${whole(traces)} traces`
}

function coverageTable({ questions }: PolicyCoverage): Table {
  return tableOf(questions, [
    text<QuestionCoverage>('question', ({ question }) => question),
    number('estimates', ({ estimates }) => estimates),
    number('held', ({ held }) => held, percent),
    number('above', ({ above }) => above, percent),
    number('below', ({ below }) => below, percent),
    number('error', ({ error }) => error, percent),
    number('half width', ({ halfWidth }) => (Number.isFinite(halfWidth) ? halfWidth : null), percent),
    number('certain', ({ certain }) => certain, percent),
    number('missing', ({ missing }) => missing, percent),
  ])
}

function recallTable({ policies }: FaultBench): Table {
  return tableOf(policies, [
    text<PolicyRecall>('policy', ({ policy }) => policy),
    number('traces', ({ traces }) => traces, percent),
    number('OTLP bytes', ({ bytes }) => bytes, percent),
    number('paths', ({ paths }) => paths, fixed(3)),
    number('errors', ({ errors }) => errors, fixed(3)),
    number('slow', ({ slow }) => slow, fixed(3)),
    number('rare', ({ rare }) => rare, fixed(3)),
  ])
}

function faultTable({ faults }: FaultBench): Table {
  const columns = faultPolicies.map(
    (policy, i): Column<SeenFault> =>
      text(policy, ({ seen, markedKept }) => {
        const kept = markedKept[i]!
        return kept === null ? percent(seen[i]!) : `${percent(seen[i]!)}, ${percent(kept)} kept`
      }),
  )
  return tableOf(faults, [text('fault', ({ name, service }) => `${name}, ${service}`), ...columns])
}
