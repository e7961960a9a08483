import { expect, test } from 'vitest'
import { globTest } from '../../../lib/patterns/glob.ts'
import { labError } from '../../support/errors.ts'

test.each([
  ['db.*', 'db.name', true],
  ['db.*', 'db', false],
  ['db.*', 'dbxname', false],
  ['*', '', true],
  ['**.id', 'a.b.id', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['{http,rpc}.method', 'rpc.method', true],
  ['{http,rpc}.method', 'db.method', false],
  ['a,b', 'a,b', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a+(b)|c$', 'a+(b)|c$', true],
  ['http.request', 'http.request.method', false],
])('%s on %s: %s', (glob, text, matches) => {
  expect(globTest(glob)(text)).toBe(matches)
})

test.each(['[a', '{a', 'a}', '{a,{b}}', 'a\\', '[z-a]'])('refused: %s', glob => {
  expect(labError(() => globTest(glob))).toMatchObject({ kind: 'invalid', message: expect.stringContaining('glob ') })
})
