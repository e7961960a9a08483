/**
 * What texts of one kind have in common: in paths of URLs and in SQL what differs from call to call is replaced by the
 * type of what stood there. It depends on the text alone, so that two captures have the same templates.
 */

const sqlStart = /^\s*(?:select|insert|update|delete|replace|merge|with|call|exec|execute|set)\b/i
const sqlLiteral = /'(?:[^']|'')*'|(?<![\w.$?:@"`])-?\d+(?:\.\d+)?(?![\w.])/g
/** `(?, ?, ?)` and `($1, $2)`: lists of any length are one. */
const sqlList = /\((?:\s*\{(?:string|int|number)\}\s*,?)+\)/g

const pathSegment = /(?<=\/)[^/?#\s]+|(?<=[?&][^=&#\s]*=)[^&#\s]+/g
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const int = /^-?\d+$/
/** Long enough to be no word; a digit must be among them. */
const hex = /^(?=.*\d)[0-9a-f]{8,}$/i

/** The text with slots such as `{int}`: `GET /users/17` is `GET /users/{int}`. A text without any comes back as it is. */
export function textTemplate(text: string): string {
  if (text.includes('/')) return text.replace(pathSegment, slotOf)
  return sqlStart.test(text) ? text.replace(sqlLiteral, literalOf).replace(sqlList, '({list})') : text
}

function slotOf(segment: string): string {
  if (int.test(segment)) return '{int}'
  if (uuid.test(segment)) return '{uuid}'
  return hex.test(segment) ? '{hex}' : segment
}

function literalOf(literal: string): string {
  if (literal.startsWith("'")) return '{string}'
  return int.test(literal) ? '{int}' : '{number}'
}
