import { get } from './api.ts'
import { readPlace } from './place.ts'

/** What may stand at the caret: a list, and the part of the text that one of it replaces. */
export interface Completion {
  from: number
  to: number
  items: string[]
}

const maxItems = 12
const valuePattern = /((?:[\w.:-]|"[^"]*")+)\s*(?:=~|!~|!=|>=|<=|=|<|>)\s*("?[^"{}()&|]*)$/
const namePattern = /[\w.:-]*$/
const functions = [
  'rate()',
  'count_over_time()',
  'quantile_over_time(duration, .5, .95, .99)',
  'histogram_over_time(duration)',
  'count()',
  'avg(duration)',
  'select()',
  'by()',
]

let tenant = ''
let names: Promise<string[]> | undefined
const values = new Map<string, Promise<string[]>>()

/** Names of fields, values after a comparison, functions after a pipe. */
export async function complete(text: string, caret: number): Promise<Completion> {
  const before = text.slice(0, caret)
  const value = valuePattern.exec(before)
  if (value !== null && !/[&|]$/.test(value[2]!.trim())) {
    const [, name, typed] = value as unknown as [string, string, string]
    return { from: caret - typed.length, to: caret, items: rank(await valuesOf(name), typed) }
  }
  const typed = namePattern.exec(before)![0]
  const from = caret - typed.length
  const isPiped = /[^|]\|\s*$/.test(before.slice(0, from))
  return { from, to: caret, items: rank(isPiped ? functions : await namesOfAll(), typed) }
}

/** Those that begin with what was typed, then those that hold it. */
function rank(items: readonly string[], typed: string): string[] {
  const wanted = typed.toLowerCase()
  const begins = items.filter(item => item.toLowerCase().startsWith(wanted))
  const holds = items.filter(item => !begins.includes(item) && item.toLowerCase().includes(wanted.replace(/^"/, '')))
  return [...begins, ...holds].filter(item => item !== typed).slice(0, maxItems)
}

/** What was asked for another tenant is forgotten. */
function followTenant(): void {
  if (tenant === readPlace().tenant) return
  tenant = readPlace().tenant
  names = undefined
  values.clear()
}

/** All fields that there are, as TraceQL names them. */
export function namesOfAll(): Promise<string[]> {
  followTenant()
  names ??= get<{ scopes: { name: string; tags: string[] }[] }>('api/v2/search/tags').then(
    ({ scopes }) =>
      scopes.flatMap(({ name, tags }) =>
        tags.map(tag =>
          name === 'intrinsic' ? tag : `${name}.${/^[\w.:/-]+$/.test(tag) ? tag : JSON.stringify(tag)}`,
        ),
      ),
    () => [],
  )
  return names
}

/** Values that a field has, as TraceQL writes them. */
export function valuesOf(name: string): Promise<string[]> {
  followTenant()
  let known = values.get(name)
  if (known === undefined) {
    const path = `api/v2/search/tag/${encodeURIComponent(name)}/values`
    known = get<{ tagValues: { type: string; value: string }[] }>(path, { limit: '1000' }).then(
      ({ tagValues }) => tagValues.map(({ type, value }) => (type === 'string' ? JSON.stringify(value) : value)),
      () => [],
    )
    values.set(name, known)
  }
  return known
}
