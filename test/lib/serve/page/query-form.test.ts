import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  emptyForm,
  operators,
  parseForm,
  printForm,
  type QueryForm,
  typedValue,
} from '../../../../lib/serve/page/query-form.ts'
import type { FieldExpression } from '../../../../lib/traceql/language/ast.ts'
import { parse } from '../../../../lib/traceql/language/parser.ts'
import { print } from '../../../../lib/traceql/language/print.ts'
import { printExpression } from '../../../../lib/traceql/language/print-expression.ts'
import { anyCharacter, seeded } from '../../../support/arbitrary.ts'
import { drawn } from '../../../support/effort.ts'
import { arbitraryQuery } from '../../traceql/language/arbitrary-query.ts'

const text = fc.oneof(
  fc.constantFrom('', 'shop', '500', '1.5s', 'true', 'error', '"', '`', '\\', 'a && b', '" }', ' ', '"quoted"', '//'),
  fc.string({ unit: anyCharacter, maxLength: 8 }),
)
const field = fc.constantFrom('span.http.status_code', '.a', 'resource."my key"', 'duration', 'kind', 'event:name')
const forms: fc.Arbitrary<QueryForm> = fc.record({
  service: text,
  name: text,
  status: fc.constantFrom('', 'ok', 'error', 'unset'),
  minDuration: fc.constantFrom('', '100ms', '1.5s'),
  maxDuration: fc.constantFrom('', '2m', '3h'),
  conditions: fc.array(fc.record({ field, operator: fc.constantFrom(...operators), value: text }), { maxLength: 4 }),
  rest: fc.constantFrom('', ' | rate()', ' | count() > 2', ' | select(.a)'),
})

test('a query of a form reads back as a form that gives the same query', () => {
  fc.assert(
    fc.property(forms, form => {
      const query = printForm(form)
      const read = parseForm(query)
      expect(read).toBeDefined()
      expect(printForm(read!)).toBe(query)
      for (const part of ['service', 'name', 'status', 'rest'] as const) expect(read![part]).toBe(form[part])
    }),
    seeded(500),
  )
})

test('a query that has a form means the same as what the form gives', () => {
  let formCount = 0
  fc.assert(
    fc.property(fc.oneof(arbitraryQuery.map(print), forms.map(printForm)), query => {
      const form = parseForm(query)
      if (form === undefined) return
      formCount++
      expect(conditionsOf(printForm(form))).toEqual(conditionsOf(query))
    }),
    seeded(500),
  )
  expect(formCount).toBeGreaterThan(drawn(500) / 5)
})

test.each([
  ['{ }', {}],
  ['{ resource.service.name = "shop" && name = `GET /` }', { service: 'shop', name: 'GET /' }],
  ['{ duration > 1s }', { conditions: [{ field: 'duration', operator: '>', value: '1s' }] }],
  [
    '{ duration >= 1500ms && duration <= 2s && status = error }',
    { minDuration: '1s500ms', maxDuration: '2s', status: 'error' },
  ],
  ['{ name = "a" && name = "b" }', { name: 'a', conditions: [{ field: 'name', operator: '=', value: 'b' }] }],
  [
    '{ .a = 500 && .b = "500" }',
    {
      conditions: [
        { field: '.a', operator: '=', value: '500' },
        { field: '.b', operator: '=', value: '"500"' },
      ],
    },
  ],
  ['{ .a =~ "5.." } | rate()', { conditions: [{ field: '.a', operator: '=~', value: '5..' }], rest: ' | rate()' }],
  ['{ span.a = "/*" }', { conditions: [{ field: 'span.a', operator: '=', value: '/*' }] }],
] as const)('%s is a form', (query, parts) => {
  expect(parseForm(query)).toEqual({ ...emptyForm, ...parts })
})

test.each([
  '{ .a = 1 || .b = 2 }',
  '{ .a = 1 } && { .b = 2 }',
  '{ .a = 1 } >> { .b = 2 }',
  '({ .a = 1 } | count() > 1) | count() > 2',
  '{ 1s < duration }',
  '{ !(.a = 1) }',
  '{ .a }',
  '{ .a = 1 // why\n }',
  '{ .a + 1 = 2 }',
  '{ .a in [1, 2] }',
  '{ .a =~ .b }',
  '({ } | rate()) / ({ } | rate())',
  '{ .a = ',
  '',
])('%j is no form', query => {
  expect(parseForm(query)).toBeUndefined()
})

test('what is not complete or has no meaning is left out', () => {
  const conditions = [
    { field: '', operator: '=', value: '1' },
    { field: 'a b', operator: '=', value: '1' },
    { field: 'a', operator: '=', value: '' },
    { field: 'http.method', operator: '=', value: 'GET' },
  ] as const
  const form = { ...emptyForm, minDuration: 'soon', status: 'bad', conditions }
  expect(printForm(form)).toBe('{ .http.method = "GET" }')
})

test('a completion of a value is what someone types', () => {
  expect(['"a b"', '"500"', '500', 'error', '"a'].map(typedValue)).toEqual(['a b', '"500"', '500', 'error', '"a'])
})

/** The conditions that all hold, in any order, and what follows them. */
function conditionsOf(text: string): string[] {
  const query = parse(text)
  const printed = print(query)
  const spans = query.kind === 'metrics' ? query.expression : query
  if (spans.kind === 'metrics-math') throw new Error(`${text} begins with no filter`)
  const [first] = spans.pipeline.stages
  if (first?.kind !== 'filter') throw new Error(`${text} begins with no filter`)
  const operands = (one: FieldExpression): FieldExpression[] =>
    one.kind === 'binary' && one.operator === '&&' ? [...operands(one.left), ...operands(one.right)] : [one]
  const conditions = operands(first.condition).map(printExpression)
  const filter = `{ ${printExpression(first.condition)} }`
  return [...conditions.filter(one => one !== 'true').sort(), printed.slice(filter.length)]
}
