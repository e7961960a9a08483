import { parseName } from '../../../model/column-name.ts'
import { isRelated, rangeMeets } from '../../../model/relation.ts'
import type { Condition, ScanRequest } from '../../../model/scan.ts'
import type { Attributes, Value } from '../../../model/trace.ts'
import { passes } from '../../../model/value-test.ts'
import { parseStatus } from '../../../shred/field-texts.ts'
import type { Lookup } from '../indexes/bloom.ts'
import { columnId, type FieldOwner, firstFieldId, tailId } from '../layout/columns.ts'
import type { PageStatistic } from '../layout/directory.ts'
import type { PagePlaces } from '../layout/page-places.ts'
import { entryFailure, type Toc } from '../layout/toc.ts'
import type { ParsedColumn, Tables } from '../read/tables.ts'
import { fieldsOf } from './column-plan.ts'

/** Where conditions may be met, by dictionaries and statistics alone. */

/** What is known of a condition in a file. */
interface Checked {
  /** False where no value of the file, or of the row group, meets it. */
  isPossible(closed: Closed): boolean
  /** False where no value of the page group meets it. */
  mayHold(entries: PagePlaces, closed: Closed): boolean
}

/** The lookups that a row group's filters answer with no. */
export type Closed = ReadonlySet<Lookup>
const noneClosed: Closed = new Set()

const always: Checked = { isPossible: () => true, mayHold: () => true }
const never: Checked = { isPossible: () => false, mayHold: () => false }

/** The needs of a request, checked against a file. */
export interface CheckedNeeds {
  readonly needs: readonly (readonly (readonly Checked[])[])[]
  /** What the filters of row groups can be asked for. */
  readonly lookups: readonly Lookup[]
}

/** What conditions are checked against. */
export interface FileFacts {
  readonly toc: Toc
  readonly tables: Tables
  /** Those of `dictionaryColumns`. */
  readonly dictionaries: ReadonlyMap<number, readonly string[]>
}

/** Checks the conditions of a request against what a file holds distinct. */
export function checkNeeds(facts: FileFacts, request: ScanRequest): CheckedNeeds {
  const file: File = { ...facts, lookups: [] }
  const check = (condition: Condition) => checkCondition(file, condition)
  return { needs: request.needs.map(need => need.map(list => list.map(check))), lookups: file.lookups }
}

/** False where the file, or the row group, holds nothing that is requested. */
export function isPossible({ needs }: CheckedNeeds, closed: Closed = noneClosed): boolean {
  return needs.every(need => need.some(list => list.every(condition => condition.isPossible(closed))))
}

/** False where the page group holds nothing that is requested. */
export function mayHold({ needs }: CheckedNeeds, places: PagePlaces, closed: Closed): boolean {
  return needs.every(need => need.some(list => list.every(condition => condition.mayHold(places, closed))))
}

/** The columns whose dictionaries show whether a condition can be met. */
export function dictionaryColumns(toc: Toc, { column }: Condition): number[] {
  const named = parseName(column)
  if (named.intrinsic) return textColumn(column) === undefined ? [] : [textColumn(column)!]
  const { scope, key } = named
  if (scope === 'resource') return [columnId('span.resource')]
  if (scope === 'instrumentation') return [columnId('span.scope')]
  return fieldsOf(toc, scope, key).flatMap(field => {
    const { type } = toc.fields[field]!
    return type === 'string' ? [firstFieldId + field, tailId(type)] : []
  })
}

/** The column of strings with the values of an intrinsic. */
function textColumn(column: string): number | undefined {
  switch (column) {
    case 'span:name':
      return columnId('span.name')
    case 'span:traceState':
      return columnId('span.traceState')
    case 'event:name':
      return columnId('event.name')
    case 'span:status':
    case 'span:statusMessage':
      return columnId('span.status')
    case 'instrumentation:name':
    case 'instrumentation:version':
      return columnId('span.scope')
    default:
      return undefined
  }
}

interface File extends FileFacts {
  readonly lookups: Lookup[]
}

function checkCondition(file: File, condition: Condition): Checked {
  const { toc, tables } = file
  const named = parseName(condition.column)
  if (named.intrinsic) return checkIntrinsic(file, condition)
  const { scope, key } = named
  const needles = onlyTextsOf(condition)?.map(encodedText)
  const ofItems = (column: number, parsed: ParsedColumn<{ readonly attributes: Attributes } | null>) =>
    checkText(file, column, (text, code) => {
      if (needles?.every(needle => !text.includes(needle))) return false
      const attributes = parsed.ofCode(code, text)?.attributes ?? []
      return attributes.some(one => one.key === key && meets(one.value, condition))
    })
  if (scope === 'resource') return ofItems(columnId('span.resource'), tables.resource)
  if (scope === 'instrumentation') return ofItems(columnId('span.scope'), tables.scope)
  return anyOf(fieldsOf(toc, scope, key).map(field => checkField(file, scope, field, condition)))
}

function checkIntrinsic(file: File, condition: Condition): Checked {
  const { toc, tables } = file
  const { column } = condition
  const ofText = (value: (text: string, code: number) => Value) =>
    checkText(file, textColumn(column)!, (text, code) => meets(value(text, code), condition))
  switch (column) {
    case 'span:name':
    case 'span:traceState':
    case 'event:name':
      return ofText(text => text)
    case 'span:status':
      return ofText(text => BigInt(parseStatus(text, entryFailure(toc))?.code ?? 0))
    case 'span:statusMessage':
      return ofText(text => parseStatus(text, entryFailure(toc))?.message ?? '')
    case 'instrumentation:name':
      return ofText((text, code) => tables.scope.ofCode(code, text)?.name ?? '')
    case 'instrumentation:version':
      return ofText((text, code) => tables.scope.ofCode(code, text)?.version ?? '')
    case 'span:kind':
      return checkNumbers(columnId('span.kind'), condition)
    case 'span:duration':
      return checkNumbers(columnId('span.duration'), condition)
    default:
      return always
  }
}

/** A field: in its own column, or among the rare ones of its type. */
function checkField(file: File, owner: FieldOwner, field: number, condition: Condition): Checked {
  const { type } = file.toc.fields[field]!
  const [own, tail] = [firstFieldId + field, tailId(type)]
  const inColumn = (column: number): Checked => {
    if (type === 'string') return checkText(file, column, text => meets(text, condition), textsOf(condition))
    if (type === 'int' || type === 'double') return checkNumbers(column, condition)
    return always
  }
  const [inOwn, inTail] = [inColumn(own), inColumn(tail)]
  const isHidden = type === 'empty'
  return {
    isPossible: closed => isHidden || inOwn.isPossible(closed) || inTail.isPossible(closed),
    mayHold: (entries, closed) => {
      if (isHidden) return entries.has(columnId(`${owner}.shape`))
      if (entries.has(own)) return inOwn.mayHold(entries, closed)
      return entries.has(tail) && inTail.mayHold(entries, closed)
    },
  }
}

function anyOf(checks: readonly Checked[]): Checked {
  if (checks.length === 0) return never
  return {
    isPossible: closed => checks.some(check => check.isPossible(closed)),
    mayHold: (entries, closed) => checks.some(check => check.mayHold(entries, closed)),
  }
}

/**
 * A column of strings: by the codes of the dictionary whose entries meet it. `texts`, if given, are all that meet it:
 * filters can be asked for these.
 */
function checkText(
  { toc, dictionaries, lookups }: File,
  column: number,
  isMet: (text: string, code: number) => boolean,
  texts?: readonly string[],
): Checked {
  const codes = new Set<number>()
  for (const [code, text] of (dictionaries.get(column) ?? []).entries()) if (isMet(text, code)) codes.add(code)
  const isOpen = toc.openColumns.has(column)
  const lookup = texts && isOpen ? { column, texts } : undefined
  if (lookup) lookups.push(lookup)
  const mayBeOutside = (closed: Closed) => isOpen && !(lookup && closed.has(lookup))
  return {
    isPossible: closed => codes.size > 0 || mayBeOutside(closed),
    mayHold: (entries, closed) => {
      const statistic = entries.get(column)?.entry.statistic
      if (!statistic) return false
      if (statistic.kind === 'constantCode') return codes.has(statistic.code)
      if (statistic.kind === 'codes') return statistic.codes.some(code => codes.has(code))
      if (statistic.kind === 'dictionary') return codes.size > 0
      return codes.size > 0 || mayBeOutside(closed)
    },
  }
}

/** All values that meet a condition, where these are strings that it names; undefined where others may meet it. */
function onlyTextsOf(condition: Condition): string[] | undefined {
  const texts = textsOf(condition)
  return texts?.length === condition.operands.length ? texts : undefined
}

/** The strings that meet a condition, where it names them: none, where it names only numbers. */
function textsOf({ relation, operands }: Condition): string[] | undefined {
  return relation === '=' ? operands.filter(operand => typeof operand === 'string') : undefined
}

/** What the binary string of every item with a value of this text contains; empty for one of lone surrogates. */
function encodedText(text: string): string {
  return text.isWellFormed() ? Buffer.from(text, 'utf8').toString('latin1') : ''
}

function checkNumbers(column: number, condition: Condition): Checked {
  return {
    isPossible: () => true,
    mayHold: entries => {
      const statistic = entries.get(column)?.entry.statistic
      return statistic !== undefined && rangeMayMeet(statistic, condition)
    },
  }
}

/** Whether a number of the range may be so related to an operand. */
function rangeMayMeet(statistic: PageStatistic, { relation, operands }: Condition): boolean {
  if (relation === 'exists' || statistic.kind === 'none' || statistic.kind === 'pooled') return true
  const [min, max] = statistic.kind === 'constant' ? [statistic.value, statistic.value] : extent(statistic)
  return operands.some(operand => {
    if (!isNumber(operand)) return false
    const value = Number(operand)
    if (Math.abs(value) >= 2 ** 52) return true
    return rangeMeets(min, max, relation, value)
  })
}

function extent(statistic: PageStatistic): [number, number] {
  return statistic.kind === 'range' || statistic.kind === 'doubles'
    ? [statistic.min, statistic.max]
    : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
}

/** Whether a value meets a condition; where it is not sure, it may. */
function meets(value: Value, { relation, operands, test }: Condition): boolean {
  if (relation === 'exists') return test === undefined || passes(test, value)
  if (typeof value === 'object') return true
  return operands.some(operand => compares(value, relation, operand))
}

function compares(value: string | boolean | bigint | number, relation: string, operand: Value): boolean {
  if (isNumber(value)) return isNumber(operand) && isRelated(value, relation, operand)
  if (typeof value === 'string') return typeof operand === 'string' && isRelated(value, relation, operand)
  return typeof operand === 'boolean' && isRelated(value, relation, operand)
}

function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number'
}
