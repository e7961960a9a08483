import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { askedOf, type Request, type Verb } from '../../lib/conformance/api/request.ts'
import type { Found, Outcome } from '../../lib/conformance/api/response.ts'
import { type Case, expectedBy, type ProfileName } from '../../lib/conformance/case.ts'
import { markerKey, type Run } from '../../lib/conformance/data/draft.ts'
import { type BuiltSet, buildSet } from '../../lib/conformance/data/labels.ts'
import { sets } from '../../lib/conformance/data/sets.ts'
import { type Bench, judge, type Verdict } from '../../lib/conformance/verdict.ts'
import { LabError } from '../../lib/error.ts'
import type { Ask } from './ask.ts'

/** A case and how it was answered. */
export interface Result {
  readonly case: Case
  readonly verdict: Verdict
  readonly millis: number
}

/** What a run found out. */
export interface Conformance {
  readonly run: Run
  readonly profile: ProfileName | undefined
  readonly results: readonly Result[]
  /** What was noticed beside the cases, a line each. */
  readonly notes: readonly string[]
}

const waitMillis = 60_000
const pauseMillis = 100
const parallel = 4
const minuteNanos = 60_000_000_000n

/** A run that begins now: its data is some minutes old, so that no store has yet to wait for it or takes it for old. */
export function newRun(): Run {
  const nowNanos = BigInt(Date.now()) * 1_000_000n
  return {
    name: `c${randomBytes(6).toString('hex')}`,
    baseNanos: (nowNanos / minuteNanos) * minuteNanos - 5n * minuteNanos,
  }
}

/** The sets that cases ask of. */
export function setsOf(cases: readonly Case[], run: Run): Map<string, BuiltSet> {
  const names = [...new Set(cases.map(({ data }) => data))]
  return new Map(names.map(name => [name, buildSet(run, name, sets[name]!)]))
}

/** Asks all cases about data that was pushed, once it can be found. */
export async function askCases(
  cases: readonly Case[],
  { bench, ask, advance = () => {} }: { bench: Bench; ask: Ask; advance?: () => void },
): Promise<Conformance> {
  const notes = await untilFound(bench, ask)
  const strangers = await findStrangers(bench, ask)
  const results: Result[] = new Array(cases.length)
  let next = 0
  const work = async () => {
    while (next < cases.length) {
      const at = next++
      const one = cases[at]!
      const start = performance.now()
      const outcome = await ask(askedIn(one, bench))
      const millis = performance.now() - start
      const verdict = await judge(one, outcome, bench)
      const isStrange = verdict.kind === 'wrong' && strangers.includes(probeOf[one.request.verb]!)
      results[at] = { case: one, verdict: isStrange ? { ...verdict, kind: 'foreign' } : verdict, millis }
      advance()
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  return { run: bench.run, profile: bench.profile, results, notes }
}

function askedIn(one: Case, { run, sets, profile }: Bench) {
  const isPlain = expectedBy(one, profile).some(({ kind }) => kind === 'error')
  return askedOf(one.request, run, sets.get(one.data)!, isPlain)
}

function requestOf(verb: Verb, query: string, subject = ''): Request {
  return { verb, subject, parameters: {}, query }
}

/** How the server names its version. */
export async function versionOf(ask: Ask): Promise<string> {
  const { version } = foundIn(await ask({ path: '/api/status/buildinfo', accept: 'application/json' }))
  return version || 'unknown'
}

/** Waits until the traces of all sets are found; what is not found of them in time is a note. */
async function untilFound({ run, sets }: Bench, ask: Ask): Promise<string[]> {
  const limit = performance.now() + waitMillis
  const notes: string[] = []
  let isAnyFound = false
  for (const set of sets.values()) {
    let outcome = await ask(askedOf(requestOf('search', '{ }'), run, set, false))
    while (countFound(outcome) < set.traces.length && performance.now() < limit && mayChange(outcome)) {
      await sleep(pauseMillis)
      outcome = await ask(askedOf(requestOf('search', '{ }'), run, set, false))
    }
    const count = countFound(outcome)
    if (count > 0) isAnyFound = true
    if (count < set.traces.length)
      notes.push(`of the set ${set.name} ${count} of ${set.traces.length} traces were found${reasonOf(outcome)}`)
  }
  if (!isAnyFound)
    throw new LabError('usage', `--query: what was pushed cannot be found: ${notes[0] ?? 'there are no cases'}`)
  return notes
}

/** False where waiting does not help. */
function mayChange(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && (outcome.response.status === 200 || outcome.response.status >= 429)
}

function reasonOf(outcome: Outcome): string {
  if (outcome.kind !== 'answered') return `: ${outcome.reason}`
  const { status, contentType, body } = outcome.response
  return status === 200 && contentType.includes('json')
    ? ''
    : `: ${status}, ${body.toString().split('\n', 1)[0]!.slice(0, 200)}`
}

function countFound(outcome: Outcome): number {
  const { traces = [] } = foundIn(outcome)
  return new Set(traces.map(({ traceID }) => traceID)).size
}

function foundIn(outcome: Outcome): Found {
  if (outcome.kind !== 'answered' || outcome.response.status !== 200) return {}
  try {
    return (JSON.parse(outcome.response.body.toString()) ?? {}) as Found
  } catch {
    return {}
  }
}

/** By verb the kind of question that shows whether a wrong answer has data of others in it. */
const probeOf: Partial<Record<Verb, string>> = {
  range: 'metrics',
  instant: 'metrics',
  tags: 'tags',
  'tags-v1': 'tags',
  values: 'tags',
  'values-v1': 'tags',
}

/** The kinds of questions whose answers have data of others in them, though they were restricted to a set. */
async function findStrangers({ run, sets }: Bench, ask: Ask): Promise<string[]> {
  const [set] = sets.values()
  const field = `resource.${markerKey}`
  const values = foundIn(await ask(askedOf(requestOf('values', '{ }', field), run, set!, false)))
  const counts = requestOf('instant', `{ } | count_over_time() by (${field})`)
  const series = foundIn(await ask(askedOf(counts, run, set!, false)))
  const isStrange = (text: string | undefined) => text !== undefined && text !== set!.marker
  const inValues = (values.tagValues ?? []).some(value => isStrange(typeof value === 'string' ? value : value.value))
  const inSeries = (series.series ?? []).some(({ labels = [] }) =>
    labels.some(({ value }) => isStrange(value?.stringValue)),
  )
  return [...(inValues ? ['tags'] : []), ...(inSeries ? ['metrics'] : [])]
}
