import { traceKey } from '../../model/trace-id.ts'
import { nanosOf } from '../api/request.ts'
import { type CheckMaker, differing, type Judged } from './check.ts'

/** A member of the JSON answer: its value, `absent`, a time as `T+10s`, or the id of a trace as `id TRACE`. */
export const fieldCheck: CheckMaker = words => {
  const [, path, text] = /^(\S+)\s+(.*)$/.exec(words)!
  return judged => {
    const expected = expectedText(text!, judged)
    const actual = memberAt(path!, judged)
    const found = actual === undefined ? 'absent' : typeof actual === 'string' ? actual : JSON.stringify(actual)
    const difference = differing(expected, found)
    return difference && `${path}: ${difference}`
  }
}

function expectedText(text: string, { run, set }: Judged): string {
  if (text.startsWith('"')) return JSON.parse(text)
  const [, time] = /^T\+?(.*)$/.exec(text) ?? []
  if (time !== undefined) return String(run.baseNanos + nanosOf(time || '0s'))
  const [, label] = /^id (.*)$/.exec(text) ?? []
  return label === undefined ? text : traceKey(set.byLabel.get(label)!.traceId)
}

/** What a member is: `string`, `number`, `array`, `object` or `absent`. */
export const typeCheck: CheckMaker = words => {
  const [path, expected] = words.split(/\s+/)
  return judged => {
    const value = memberAt(path!, judged)
    const actual = value === undefined ? 'absent' : Array.isArray(value) ? 'array' : typeof value
    const difference = differing(expected!, actual)
    return difference && `${path}: ${difference}`
  }
}

/** By the names of members, places in arrays, and of traces by their labels. */
function memberAt(path: string, { json, set }: Judged): unknown {
  let value: unknown = json
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    const labelled = Array.isArray(value) ? value.find(item => set.traceLabel(item?.traceID ?? '') === step) : undefined
    value = labelled ?? (value as Record<string, unknown>)[step]
  }
  return value
}
