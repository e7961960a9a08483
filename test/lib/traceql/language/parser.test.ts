import { describe, expect, test } from 'vitest'
import { LabError, messageOf } from '../../../../lib/error.ts'
import type { FieldExpression, Query } from '../../../../lib/traceql/language/ast.ts'
import { maxByteLength, parse } from '../../../../lib/traceql/language/parser.ts'
import { caretLines, lineAndColumn } from '../../../../lib/traceql/language/parser-error.ts'
import { withoutPlaces } from './places.ts'

function conditionOf(text: string): FieldExpression {
  const query = parse(text) as Query & { kind: 'search' }
  const [filter] = query.pipeline.stages
  if (filter?.kind !== 'filter') throw new Error(`no filter: ${text}`)
  return filter.condition
}

/** An expression with all its parentheses. */
function grouped(node: FieldExpression): string {
  if (node.kind === 'static') return String(node.value)
  if (node.kind === 'attribute') return `.${node.name}`
  if (node.kind === 'unary') return `(${node.operator}${grouped(node.operand)})`
  if (node.kind === 'binary') return `(${grouped(node.left)} ${node.operator} ${grouped(node.right)})`
  return node.kind
}

function failureOf(text: string): { message: string; caret: string | undefined } {
  try {
    parse(text)
  } catch (error) {
    expect(error).toBeInstanceOf(LabError)
    expect((error as LabError).kind).toBe('invalid')
    return { message: messageOf(error), caret: caretLines(text, error) }
  }
  throw new Error(`${text.slice(0, 100)} parses`)
}

describe('precedence', () => {
  test.each([
    ['.a || .b && .c', '((.a || .b) && .c)'],
    ['.a = 1 && .b != 2', '((.a = 1) && (.b != 2))'],
    ['.a + .b * .c ^ 2 = 1', '((.a + (.b * (.c ^ 2))) = 1)'],
    ['.a - .b - .c', '((.a - .b) - .c)'],
    ['2 ^ .a ^ .b', '(2 ^ (.a ^ .b))'],
    ['-.a * .b', '(-(.a * .b))'],
    ['-.a + .b', '((-.a) + .b)'],
    ['-2 ^ 2', '(-(2 ^ 2))'],
    ['.a - -1', '(.a - -1)'],
    ['-(1)', '(-1)'],
    ['(-1) * .a', '(-1 * .a)'],
    ['!.a = .b', '((!.a) = .b)'],
    ['!.a * .b', '(!(.a * .b))'],
    ['.a = !.b && .c', '((.a = (!.b)) && .c)'],
  ])('%s is %s', (text, expected) => {
    expect(grouped(conditionOf(`{ ${text} }`))).toBe(expected)
  })
})

describe('statics', () => {
  test.each([
    ['1', 'int', 1n],
    ['-1', 'int', -1n],
    ['minInt', 'int', -(2n ** 63n)],
    ['9223372036854775807', 'int', 2n ** 63n - 1n],
    ['.5', 'float', 0.5],
    ['2.', 'float', 2],
    ['1e3', 'float', 1000],
    ['-1.5e-3', 'float', -0.0015],
    ['1h30m', 'duration', 5_400_000_000_000n],
    ['1.5s', 'duration', 1_500_000_000n],
    ['.5us', 'duration', 500n],
    ['2µs', 'duration', 2_000n],
    ['1w2d', 'duration', 777_600_000_000_000n],
    ['-3ns', 'duration', -3n],
    ['"a\\n\\"\\\\\\x41\\xc3\\xa9\\u00e9\\101"', 'string', 'a\n"\\AééA'],
    ['`a\\d"`', 'string', 'a\\d"'],
    ['true', 'bool', true],
    ['nil', 'nil', null],
    ['error', 'status', 'error'],
    ['unspecified', 'kind', 'unspecified'],
  ])('%s', (text, type, value) => {
    expect(conditionOf(`{ ${text} }`)).toMatchObject({ kind: 'static', type, value })
  })
})

describe('names', () => {
  test.each([
    ['.http.status-code', { scope: 'any', name: 'http.status-code' }],
    ['span.duration', { scope: 'span', name: 'duration' }],
    ['resource."my attr".x', { scope: 'resource', name: 'my attr.x' }],
    ['."a\\"b\\\\"', { scope: 'any', name: 'a"b\\' }],
    ['.a+b', { scope: 'any', name: 'a+b' }],
    ['parent.span.a', { scope: 'span', name: 'a', ofParent: true }],
    ['parent."duration"', { scope: 'any', name: 'duration', ofParent: true }],
    ['parent.duration', { kind: 'intrinsic', name: 'span:duration', ofParent: true }],
    ['duration', { kind: 'intrinsic', name: 'span:duration', ofParent: false }],
    ['span:duration', { kind: 'intrinsic', name: 'span:duration' }],
    ['rootServiceName', { kind: 'intrinsic', name: 'trace:rootService' }],
    ['nestedSetLeft', { kind: 'intrinsic', name: 'nestedSetLeft' }],
    ['instrumentation:version', { kind: 'intrinsic', name: 'instrumentation:version' }],
  ])('%s', (text, expected) => {
    expect(conditionOf(`{ ${text} }`)).toMatchObject(expected)
  })
})

test('blanks and comments say nothing', () => {
  const plain = withoutPlaces(parse('{.a=1}|count()>2'))
  expect(withoutPlaces(parse('// first\n{ .a\t=\r\n1 } /* * / */ | count ( ) > 2 // last'))).toEqual(plain)
})

test('nodes know where they stood', () => {
  const text = '  { .a = (1 + 2) } | count() > 5'
  const query = parse(text) as Query & { kind: 'search' }
  const shown = (node: { start: number; end: number }) => text.slice(node.start, node.end)
  expect(query.pipeline.stages.map(shown)).toEqual(['{ .a = (1 + 2) }', 'count() > 5'])
  const condition = conditionOf(text) as FieldExpression & { kind: 'binary' }
  expect([condition.left, condition, condition.right].map(shown)).toEqual(['.a', '.a = (1 + 2)', '1 + 2'])
})

describe('what parentheses and constants become', () => {
  test.each([
    ['{ }', '{ true }'],
    ['span:name = `a` | { .b }', undefined],
    ['(({ .a }) && (({ .b })))', '{ .a } && { .b }'],
    ['({ .a } | { .b }) | count() > 1', '{ .a } | { .b } | count() > 1'],
    ['({ .a } | count()) > 2', '{ .a } | count() > 2'],
    ['({ } | rate()) > 5', '{ } | rate() > 5'],
    ['avg(.a) > 1 - 3', 'avg(.a) > -2'],
    ['3 / 2 + ({ } | rate())', '1 + ({ } | rate())'],
    ['({ } | rate()) * (3.0 / 2)', '({ } | rate()) * 1.5'],
    ['10s < ({ } | max_over_time(duration))', '{ } | max_over_time(duration) > 10s'],
    ['(1 + 1 >= ({ } | rate() by (name)) * 2) | topk(1)', '({ } | rate() by (name)) * 2 <= 2 | topk(1)'],
    ['1 < ({ } | rate()) < 3', '{ } | rate() > 1 < 3'],
  ])('%s', (text, same) => {
    if (same === undefined) failureOf(text)
    else expect(withoutPlaces(parse(text))).toEqual(withoutPlaces(parse(same)))
  })
})

describe('errors say where', () => {
  test.each([
    ['{ .a = }', 'line 1, column 8: expected a value, an attribute or an intrinsic, got "}"'],
    ['{ .a = 1 }\n| cuont() > 1', 'line 2, column 3: cuont is no stage'],
    ['{ foo = 1 }', 'line 1, column 3: foo is no intrinsic: write .foo for an attribute, "foo" for a string'],
    ['{ foo.bar = 1 }', 'line 1, column 3: foo is no scope: write .foo for an attribute of that name'],
    ['{ "😀" = "a }', 'line 1, column 9: a string that starts with " does not end in its line'],
    ['{ .a =~ "\\d" }', 'line 1, column 10: an unknown escape: write \\\\ for a backslash, or quote the string with `'],
    ['{ 5x }', 'line 1, column 3: 5x is neither a number nor a duration such as 1h30m or 1.5s'],
    ['{ parent = 1 }', 'line 1, column 3: the intrinsic parent is unsupported: use nestedSetParent, or { … } > { … }'],
    ['2 + 3', 'line 1, column 1: a number alone is no query: compare it, as in { } | count() > 1'],
    ['{ } | rate() + 5', 'line 1, column 14: expected an operator, "|" or the end, got "+"'],
    ['({ } | rate()) % 5', 'line 1, column 16: % does not go between series and a number'],
    ['({ } | rate()) - 1s', 'line 1, column 16: - does not go between series and a duration'],
    [
      'count() > 3 && { true }',
      'line 1, column 13: && does not go between a comparison of spans, which needs parentheses and spans',
    ],
    [
      '{ } | count() > 3 || { }',
      'line 1, column 19: || does not go between a comparison of spans, which needs parentheses and spans',
    ],
    ['{ } >> avg(duration) > 1s', 'line 1, column 5: >> does not go between spans and a number of spans'],
    ['count() > 1 / 0', 'line 1, column 15: division by zero'],
    ['{ } | topk(3)', 'line 1, column 7: topk needs series: { } | rate() | topk(10)'],
    ['{ .a # }', 'line 1, column 6: unexpected character "#"'],
    ['', 'line 1, column 1: expected "{", "(", an aggregate or a number, got the end of the text'],
  ])('%s', (text, message) => {
    expect(failureOf(text).message).toBe(`traceql at ${message}`)
  })

  test('and a caret shows it', () => {
    expect(failureOf('{ }\n| sum(durration) > 1').caret).toBe('| sum(durration) > 1\n      ^^^^^^^^^')
    expect(failureOf('{ .a = 1').caret).toBe('{ .a = 1\n        ^')
    const long = failureOf(`{ .a = "${'x'.repeat(300)}" && ) }`).caret!.split('\n')
    expect(long[0]![long[1]!.indexOf('^')]).toBe(')')
    expect(long[0]!.length).toBeLessThanOrEqual(100)
    expect(caretLines('{ }', new Error('other'))).toBeUndefined()
  })

  test('columns count code points', () => {
    expect(lineAndColumn('a\n😀b', 4)).toEqual({ line: 2, column: 2 })
  })
})

describe('texts that could take long', () => {
  test(`of more than ${maxByteLength} bytes are refused`, () => {
    expect(failureOf(`{ .a = "${'é'.repeat(maxByteLength / 2)}" }`).message).toContain('at most 131072 are read')
  })

  const room = maxByteLength - 100
  const fill = (part: string, before: string, after = '') => before + part.repeat(room / part.length) + after
  test.each([
    ['parentheses', fill('(', '{ '), 'nested more than 200 deep'],
    ['parenthesised queries', fill('(', ''), 'nested more than 200 deep'],
    ['negations', fill('!', '{ '), 'nested more than 200 deep'],
    ['signs', fill('- ', '{ '), 'nested more than 200 deep'],
    ['powers', fill('2^', '{ '), 'nested more than 200 deep'],
    ['a chain of conditions', fill('.a||', '{ ', '.a }'), 'more than 2000 operators in one chain'],
    ['a chain of spansets', fill('{}>>', '', '{}'), 'more than 2000 operators in one chain'],
    ['a chain of stages', fill('{}|', '', '{}'), 'more than 2000 stages'],
    ['a chain of filters', fill('>1', '{}|rate()'), 'more than 2000 operators in one chain'],
    ['a chain of math', fill('+1', '({}|rate())'), 'more than 2000 operators in one chain'],
    ['blanks', fill(' ', '{'), 'got the end of the text'],
    ['a comment without end', fill('*', '{ } /'), 'does not end'],
    ['a string without end', fill('\\"', '{ "'), 'does not end'],
    ['a name without end', fill('\\"', '{ ."'), 'does not end'],
    ['an int', fill('9', '{ '), 'is above'],
    ['a duration', fill('1h', '{ '), 'expected "}"'],
    ['letters', fill('a', '{ 1'), 'neither a number nor a duration'],
  ])('%s', (_, text, message) => {
    const begun = process.cpuUsage()
    expect(failureOf(text).message).toContain(message)
    const { user, system } = process.cpuUsage(begun)
    expect(user + system).toBeLessThan(1_000_000)
  })

  test('and those that parse do so', () => {
    expect(conditionOf(fill('a', '{ .', '}'))).toMatchObject({ kind: 'attribute' })
    expect(conditionOf(fill('\\"', '{ ."', '"}'))).toMatchObject({ kind: 'attribute' })
    expect(conditionOf(`{ ${fill('1, ', '.a IN [', '1] }')}`)).toMatchObject({ kind: 'membership' })
    expect(conditionOf(`{ ${'('.repeat(198)}.a${')'.repeat(198)} }`)).toMatchObject({ kind: 'attribute' })
  })
})
