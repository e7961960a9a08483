import type { Aggregate, AggregateName, Field, Hint, MetricsExpression, Pipeline, Query, Stage, Static } from './ast.ts'
import type { Token } from './lexer.ts'
import {
  combine,
  inParentheses,
  isMetrics,
  isScalar,
  isSpansets,
  pipelineOf,
  stagesOf,
  type Term,
  termPrecedences,
  withStage,
} from './parser-combine.ts'
import { Cursor } from './parser-cursor.ts'
import { failAt } from './parser-error.ts'
import { parseFieldExpression, precedences } from './parser-fields.ts'
import { acceptMetricsAggregate, close, open, parseFilter, parseTop } from './parser-metrics.ts'
import { parseStatic, parseField as takeField } from './parser-statics.ts'

/** The longest text that is read, in bytes of UTF-8. */
export const maxByteLength = 131_072

/**
 * What a text says, not yet validated. Fails with a LabError of kind `invalid` that names line and column; takes time
 * linear in the text, and refuses texts that are too long or too deeply nested.
 */
export function parse(text: string): Query {
  const { length } = new TextEncoder().encode(text)
  if (length > maxByteLength) failAt(text, { start: 0, end: 0 }, `${length} bytes, at most ${maxByteLength} are read`)
  const cursor = new Cursor(text)
  const { start } = cursor.token
  const term = parseTerm(cursor)
  const hints = parseHints(cursor)
  if (cursor.token.kind !== 'end') cursor.fail(`expected an operator, "|" or the end, got ${cursor.describe()}`)
  const place = { start, end: cursor.lastEnd }
  if (isMetrics(term)) return { kind: 'metrics', expression: term, hints, ...place }
  if (isSpansets(term)) return { kind: 'search', pipeline: asPipeline(cursor, term), hints, ...place }
  return cursor.fail('a number alone is no query: compare it, as in { } | count() > 1', term)
}

/** What a text that is the name of a field names. Fails as `parse` does. */
export function parseField(text: string): Field {
  const cursor = new Cursor(text)
  const field = takeField(cursor)
  if (cursor.token.kind !== 'end') cursor.fail(`expected the end, got ${cursor.describe()}`)
  return field
}

/** What a text that is a literal, such as `-1.5s` or `"a"`, stands for. Fails as `parse` does. */
export function parseValue(text: string): Static {
  const cursor = new Cursor(text)
  const value = parseStatic(cursor, 'a value')
  if (cursor.token.kind !== 'end') cursor.fail(`expected the end, got ${cursor.describe()}`)
  return value
}

function asPipeline(cursor: Cursor, term: Stage | Pipeline): Pipeline {
  return term.kind === 'pipeline' ? term : pipelineOf(cursor, [term], term)
}

function parseHints(cursor: Cursor): readonly Hint[] {
  if (cursor.word !== 'with') return []
  open(cursor)
  const hints = cursor.list(() => parseHint(cursor))
  cursor.expect(')', 'after the hints')
  return hints
}

function parseHint(cursor: Cursor): Hint {
  const { token } = cursor
  if (token.kind !== 'word') return cursor.fail(`expected the name of a hint, got ${cursor.describe()}`)
  cursor.take()
  cursor.expect('=', `after the hint ${token.text}`)
  const value = parseStatic(cursor, 'a value')
  return { kind: 'hint', name: token.text, value, start: token.start, end: value.end }
}

/** What comes next up to a closing parenthesis, the hints or the end: stages between `|`. */
function parseTerm(cursor: Cursor): Term {
  const { start } = cursor.token
  if (cursor.word === 'coalesce') cursor.fail('coalesce cannot be the first stage')
  let term = parseStage(cursor)
  while (cursor.word === '|') {
    if (isScalar(term)) return cursor.fail('a number is followed by no stage: compare it first')
    cursor.take()
    term = isMetrics(term) ? parseSecondStages(cursor, term) : parseNextStage(cursor, term, start)
  }
  return term
}

function parseNextStage(cursor: Cursor, before: Stage | Pipeline, start: number): Term {
  const aggregate = acceptMetricsAggregate(cursor)
  if (aggregate !== undefined) {
    const pipeline = asPipeline(cursor, before)
    const place = { start, end: cursor.lastEnd }
    const metrics = cursor.grown(
      { kind: 'metrics-pipeline' as const, pipeline, aggregate, stages: [], ...place },
      pipeline,
    )
    return parseFilters(cursor, metrics)
  }
  const next = parseStage(cursor)
  const place = { start, end: cursor.lastEnd }
  if (isMetrics(next)) return cursor.fail('series cannot follow spans: | rate() and its like do', next)
  if (isSpansets(next)) return pipelineOf(cursor, [...stagesOf(before), ...stagesOf(next)], place)
  const pipeline = asPipeline(cursor, before)
  return cursor.grown({ kind: 'scalar-pipeline', pipeline, scalar: next, ...place }, pipeline, next)
}

function parseSecondStages(cursor: Cursor, metrics: MetricsExpression): MetricsExpression {
  return parseFilters(cursor, withStage(cursor, metrics, parseTop(cursor)))
}

/** Comparisons with numbers that follow a metrics stage directly. */
function parseFilters(cursor: Cursor, metrics: MetricsExpression): MetricsExpression {
  let term: Term = metrics
  while (termPrecedences.get(cursor.word ?? '') === precedences.comparison) term = parseOperation(cursor, term)
  return term as MetricsExpression
}

function parseStage(cursor: Cursor): Term {
  const { start } = cursor.token
  if (cursor.word === 'by') {
    open(cursor)
    const expression = parseFieldExpression(cursor)
    close(cursor)
    return cursor.grown({ kind: 'by', expression, start, end: cursor.lastEnd }, expression)
  }
  if (cursor.word === 'coalesce') {
    open(cursor)
    close(cursor)
    return { kind: 'coalesce', start, end: cursor.lastEnd }
  }
  if (cursor.word === 'select') {
    open(cursor)
    const fields = cursor.list(() => takeField(cursor))
    close(cursor)
    return { kind: 'select', fields, start, end: cursor.lastEnd }
  }
  return parseOperations(cursor, precedences.logical)
}

/** Operands and operators up to an operator that binds less than `least`. */
function parseOperations(cursor: Cursor, least: number): Term {
  let left = parseOperand(cursor)
  while ((termPrecedences.get(cursor.word ?? '') ?? 0) >= least) left = parseOperation(cursor, left)
  return left
}

/** The next operator and its right operand, joined with the left one. */
function parseOperation(cursor: Cursor, left: Term): Term {
  const at = cursor.token.start
  const operator = cursor.word!
  const precedence = termPrecedences.get(operator)!
  cursor.take()
  const right =
    operator === '^'
      ? cursor.deeper(() => parseOperations(cursor, precedence))
      : parseOperations(cursor, precedence + 1)
  return combine(cursor, operator, at, left, right)
}

const aggregates: ReadonlySet<string> = new Set<AggregateName>(['count', 'min', 'max', 'avg', 'sum'])

function parseOperand(cursor: Cursor): Term {
  if (cursor.word === '{') return parseFilter(cursor)
  if (cursor.accept('(')) {
    const inner = cursor.deeper(() => parseTerm(cursor))
    cursor.expect(')', 'after the query in parentheses')
    return inParentheses(cursor, inner)
  }
  const { token } = cursor
  if (token.kind === 'word' && aggregates.has(token.text)) return parseAggregate(cursor, token.text as AggregateName)
  return startsNumber(token) ? parseStatic(cursor, 'a number') : failOperand(cursor)
}

function startsNumber(token: Token): boolean {
  if (token.kind === 'symbol' || token.kind === 'word') return ['-', 'minInt', 'maxInt'].includes(token.text)
  return token.kind === 'int' || token.kind === 'float' || token.kind === 'duration'
}

function parseAggregate(cursor: Cursor, name: AggregateName): Aggregate {
  const { start } = cursor.token
  open(cursor)
  const argument = name === 'count' ? undefined : parseFieldExpression(cursor)
  close(cursor)
  const node = { kind: 'aggregate', name, argument, start, end: cursor.lastEnd } as const
  return argument === undefined ? cursor.grown(node) : cursor.grown(node, argument)
}

function failOperand(cursor: Cursor): never {
  const word = cursor.token.kind === 'word' ? cursor.token.text : undefined
  if (word === 'topk' || word === 'bottomk') cursor.fail(`${word} needs series: { } | rate() | ${word}(10)`)
  if (word !== undefined && cursor.text.startsWith('(', cursor.token.end)) cursor.fail(`${word} is no stage`)
  return cursor.fail(`expected "{", "(", an aggregate or a number, got ${cursor.describe()}`)
}
