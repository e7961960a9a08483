import { messageOf } from '../error.ts'
import { traceKey } from '../model/trace-id.ts'
import type { Found, Outcome, Response } from './api/response.ts'
import { type Case, expectedBy, type ProfileName } from './case.ts'
import type { Check, Judged } from './checks/check.ts'
import { tracesIn } from './checks/whole.ts'
import type { Run } from './data/draft.ts'
import type { BuiltSet } from './data/labels.ts'

/** What can be said of an answer; docs/conformance.md says what each means. */
export const verdictKinds = ['right', 'wrong', 'refused', 'unsupported', 'slow', 'dropped', 'html', 'foreign'] as const
export type VerdictKind = (typeof verdictKinds)[number]

export interface Verdict {
  readonly kind: VerdictKind
  /** How the answer differs from the right one. */
  readonly detail?: string
}

/** What the judge knows of the run. */
export interface Bench {
  readonly run: Run
  readonly sets: ReadonlyMap<string, BuiltSet>
  readonly profile: ProfileName | undefined
}

/** What an outcome is worth as the answer to a case. */
export async function judge(one: Case, outcome: Outcome, bench: Bench): Promise<Verdict> {
  if (outcome.kind !== 'answered') return { kind: outcome.kind, detail: outcome.reason }
  const { response } = outcome
  const checks = expectedBy(one, bench.profile)
  const text = response.body.toString()
  if (isHtml(response, text)) return { kind: 'html', detail: `${response.contentType}: ${clipped(text)}` }
  const ofStatus = judgeStatus(checks, response, text)
  if (ofStatus !== undefined) return ofStatus
  const isJson = response.contentType.includes('json')
  let json: Found = {}
  try {
    if (isJson) json = (JSON.parse(text) ?? {}) as Found
  } catch (error) {
    return { kind: 'html', detail: `no JSON: ${messageOf(error)}: ${clipped(text)}` }
  }
  const judged = { response, json, request: one.request, set: bench.sets.get(one.data)!, run: bench.run }
  const stranger = await foreignTrace(judged, bench)
  if (stranger !== undefined) return { kind: 'foreign', detail: `trace ${stranger} is not of this run` }
  return firstDifference(checks, judged)
}

function isHtml({ contentType }: Response, text: string): boolean {
  return contentType.includes('html') || /^\s*<(?:!doctype|html|\?xml)/i.test(text)
}

/** What the status alone decides; undefined where the answer has to be looked at. */
function judgeStatus(checks: readonly Check[], { status }: Response, text: string): Verdict | undefined {
  const error = checks.find(({ kind }) => kind === 'error')
  const expected = Number(error?.text ?? checks.find(({ kind }) => kind === 'status')?.text ?? 200)
  if (status === expected) return undefined
  if (status >= 200 && status < 300)
    return { kind: 'wrong', detail: `answered where ${expected} was due: ${clipped(text)}` }
  const detail = `${status} where ${expected} was due: ${clipped(text)}`
  return { kind: expected === 200 && isUnsupported(status, text) ? 'unsupported' : 'refused', detail }
}

function isUnsupported(status: number, text: string): boolean {
  const isNoRoute = status === 404 || status === 405
  return status === 501 || isNoRoute || /unsupported|not (?:yet )?(?:supported|implemented)|unimplemented/i.test(text)
}

function clipped(text: string): string {
  const line = text.trim().split('\n', 1)[0]!
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

/** A trace in the answer that the run has not pushed. */
async function foreignTrace(judged: Judged, { sets }: Bench): Promise<string | undefined> {
  const { json, request } = judged
  const ids = request.verb.startsWith('trace')
    ? (await tracesIn(judged).catch(() => [])).map(({ traceId }) => traceId)
    : (json.traces ?? []).map(({ traceID }) => traceID)
  const known = [...sets.values()]
  return ids.map(traceKey).find(id => known.every(set => set.traceLabel(id) === undefined))
}

async function firstDifference(checks: readonly Check[], judged: Judged): Promise<Verdict> {
  for (const { kind, differs } of checks) {
    try {
      const detail = await differs(judged)
      if (detail !== undefined) return { kind: 'wrong', detail: `${kind}: ${detail}` }
    } catch (error) {
      return { kind: 'wrong', detail: `${kind}: the answer cannot be read: ${messageOf(error)}` }
    }
  }
  return { kind: 'right' }
}
