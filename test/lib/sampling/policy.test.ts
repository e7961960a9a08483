import { expect, test } from 'vitest'
import { parsePolicy, printPolicy } from '../../../lib/sampling/policy.ts'

test.each([
  ['head:1%', { kind: 'rules', head: 0.01 }, 'head:1%'],
  ['head:100%', { kind: 'rules', head: 1 }, 'head:100%'],
  ['head:1e-3%', { kind: 'rules', head: 0.00001 }, 'head:0.001%'],
  ['tail', { kind: 'rules', errors: true, slow: 0.99, rare: 10 }, 'tail:errors,slow=p99,rare=10'],
  ['tail:errors,head=1%', { kind: 'rules', errors: true, head: 0.01 }, 'tail:errors,head=1%'],
  ['tail:slow=p99.9', { kind: 'rules', slow: 0.999 }, 'tail:slow=p99.9'],
  [
    'combined',
    { kind: 'rules', head: 0.01, errors: true, slow: 0.99, rare: 10 },
    'tail:errors,slow=p99,rare=10,head=1%',
  ],
  ['combined:0.1%', { kind: 'rules', head: 0.001, errors: true, slow: 0.99, rare: 10 }, undefined],
  ['combined:rare=3,slow=p95', { kind: 'rules', head: 0.01, errors: true, slow: 0.95, rare: 3 }, undefined],
  ['budget:100kB/s', { kind: 'budget', unit: 'bytes', amount: 1e5 }, 'budget:100000B/s'],
  ['budget:1.5MB/s', { kind: 'budget', unit: 'bytes', amount: 1.5e6 }, 'budget:1500000B/s'],
  ['budget:500spans/s', { kind: 'budget', unit: 'spans', amount: 500 }, 'budget:500spans/s'],
  ['budget:10%', { kind: 'budget', unit: 'share', amount: 0.1 }, 'budget:10%'],
] as const)('%s', (text, policy, printed) => {
  expect(parsePolicy(text)).toEqual(policy)
  if (printed !== undefined) expect(printPolicy(parsePolicy(text))).toBe(printed)
  expect(parsePolicy(printPolicy(parsePolicy(text)))).toEqual(policy)
})

test.each([
  ['', 'policy : unknown policy'],
  ['haed:1%', 'policy haed:1%: unknown policy (did you mean head?)'],
  ['constructor', 'policy constructor: unknown policy'],
  ['head', 'policy head: expected more than 0% and at most 100%, such as 1%, found ""'],
  ['head:0%', 'policy head: expected more than 0%'],
  ['head:100.1%', 'policy head: expected more than 0%'],
  ['head:-1%', 'policy head: expected more than 0%'],
  ['head:1', 'policy head: expected more than 0%'],
  ['head:NaN%', 'policy head: expected more than 0%'],
  ['head:1e-20%', 'policy head: 1e-20% is below 2^-56'],
  ['tail:', 'policy tail: unknown setting ""'],
  ['tail:eror', 'policy tail: unknown setting "eror" (did you mean errors?)'],
  ['tail:__proto__', 'policy tail: unknown setting "__proto__"'],
  ['tail:errors=1', 'policy tail errors: expected no value, found "1"'],
  ['tail:errors,errors', 'policy tail: errors is given twice'],
  ['tail:1%,head=2%', 'policy tail: head is given twice'],
  ['tail:slow', 'policy tail slow: expected a quantile'],
  ['tail:slow=99', 'policy tail slow: expected a quantile'],
  ['tail:slow=p100', 'policy tail slow: expected a quantile'],
  ['tail:slow=p0', 'policy tail slow: expected a quantile'],
  ['tail:rare=0', 'policy tail rare: expected a number of traces per template, such as 10, found "0"'],
  ['combined:rare=1.5', 'policy combined rare: expected a number'],
  ['combined:head=0%', 'policy combined head: expected more than 0%'],
  ['budget', 'policy budget: expected more than 0 B/s, kB/s'],
  ['budget:0kB/s', 'policy budget: expected more than 0 B/s'],
  ['budget:100kB', 'policy budget: expected more than 0 B/s'],
  ['budget:0%', 'policy budget: expected more than 0%'],
])('%s is refused, and the key named', (text, message) => {
  expect(() => parsePolicy(text)).toThrow(message)
})
