import { expect, test } from 'vitest'
import { textTemplate } from '../../../lib/patterns/texts.ts'

test.each([
  ['a number that is a segment', 'GET /users/17/orders/-3', 'GET /users/{int}/orders/{int}'],
  ['no number within one', '/api/v2/user17/x1', '/api/v2/user17/x1'],
  ['a UUID', '/a/0f8fad5b-d9cb-469f-a165-70867728950e', '/a/{uuid}'],
  ['long hex with a digit', '/trace/00ff00ff00ff00ff', '/trace/{hex}'],
  ['no word of the letters a to f', '/feedface/decade', '/feedface/decade'],
  [
    'values of the query, not its keys',
    'https://h:8080/p?q=12&r=a&s=0f8fad5b1',
    'https://h:8080/p?q={int}&r=a&s={hex}',
  ],
  ['no number of a text that is no path', 'step 17', 'step 17'],
  [
    'numbers and strings of SQL',
    "SELECT a1 FROM t2 WHERE x = 17 AND y='it''s' AND z > -1.5",
    'SELECT a1 FROM t2 WHERE x = {int} AND y={string} AND z > {number}',
  ],
  ['lists of any length', 'select * from t where id in (1, 2,3)', 'select * from t where id in ({list})'],
  [
    'placeholders stay',
    'SELECT * FROM t WHERE a = $1 AND b = :2 AND c = ?',
    'SELECT * FROM t WHERE a = $1 AND b = :2 AND c = ?',
  ],
  ['a text without end of its string', "SELECT 'a", "SELECT 'a"],
  ['nothing', '', ''],
])('%s', (_, text, template) => {
  expect(textTemplate(text)).toBe(template)
})

test('a template is its own template', () => {
  const template = textTemplate('GET /users/17?x=5')
  expect(textTemplate(template)).toBe(template)
})
