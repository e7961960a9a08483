import { expect, test } from 'vitest'
import { conjoin } from '../../../lib/conformance/api/marker.ts'

const mark = 'resource.conformance.run = "r"'

test.each([
  ['{ }', `{ ${mark} }`],
  ['{ .a = 1 || .b }', `{ ${mark} && ( .a = 1 || .b ) }`],
  ['{ .a } >> { .b } | rate()', `{ ${mark} && ( .a ) } >> { ${mark} && ( .b ) } | rate()`],
  ['{ .a = "}{" }', `{ ${mark} && ( .a = "}{" ) }`],
  ['{ .a = "\\"}" }', `{ ${mark} && ( .a = "\\"}" ) }`],
  ['{ .a = `}\\` }', `{ ${mark} && ( .a = \`}\\\` ) }`],
  ['{ span."a}" = 1 } // { }', `{ ${mark} && ( span."a}" = 1 ) } // { }`],
  ['{ .a /* } */ }', `{ ${mark} && ( .a /* } */ ) }`],
  ['{ .a // }\n }', `{ ${mark} && ( .a // }\n ) }`],
  ['{ .a = 1', '{ .a = 1'],
])('%s is restricted to a run in each of its filters', (query, conjoined) => {
  expect(conjoin(query, 'r')).toBe(conjoined)
})
