import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LabError } from '../../../lib/error.ts'
import { validate } from '../../../lib/traceql/engine/validate.ts'
import { parse } from '../../../lib/traceql/language/parser.ts'
import { print } from '../../../lib/traceql/language/print.ts'
import { withoutPlaces } from './language/places.ts'

const reference = process.env.TRACE_REFERENCE ?? join(import.meta.dirname, '../../../../shared/reference')
const file = join(reference, 'traceql/cases.json')

interface Case {
  readonly query: string
  readonly class: 'valid' | 'parse_fails' | 'validate_fails' | 'unsupported'
  readonly canonical: string | null
}

/** Where this language differs on purpose from the verdict on record. */
const exceptions: ReadonlyMap<string, { class: Case['class']; reason: string }> = new Map(
  ['{ instrumentation:name}', '{instrumentation:version}'].map(query => [
    query,
    {
      class: 'validate_fails',
      reason:
        'Tempo has no type for the two instrumentation intrinsics and takes them for attributes. They are strings, and ' +
        'a string is no condition: { event:name } and { link:traceID } fail for the same reason.',
    },
  ]),
)

const present = existsSync(file)
const suite = present ? describe : describe.skip
suite(present ? "Tempo's verdicts on texts" : `Tempo's verdicts (nothing at ${file}: set TRACE_REFERENCE)`, () => {
  const cases: readonly Case[] = present ? JSON.parse(readFileSync(file, 'utf8')).cases : []

  test('there are some of each class', () => {
    expect(cases.length).toBeGreaterThan(1_200)
    expect(new Set(cases.map(one => one.class)).size).toBe(4)
  })

  test('each text is of the class on record, or an exception with its reason', () => {
    const wrong = cases.filter(
      ({ query, class: expected }) => classOf(query) !== (exceptions.get(query)?.class ?? expected),
    )
    expect(wrong.map(one => `${one.class} ${one.query} is ${classOf(one.query)}`)).toEqual([])
  })

  test('each exception is one, and they are at most 1 %', () => {
    const differing = cases.filter(one => classOf(one.query) !== one.class)
    expect(new Set(differing.map(one => one.query))).toEqual(new Set(exceptions.keys()))
    expect(differing.length).toBeLessThanOrEqual(cases.length / 100)
  })

  test('each text that parses is the same after it was printed', () => {
    for (const { query } of cases.filter(one => one.class !== 'parse_fails')) {
      const parsed = parse(query)
      expect(withoutPlaces(parse(print(parsed))), query).toEqual(withoutPlaces(parsed))
    }
  })

  test("Tempo's own printing of a text is read as that text", () => {
    const printed = cases.filter(one => one.class === 'valid' && one.canonical !== null && !isRewritten(one))
    expect(printed.length).toBeGreaterThan(700)
    const wrong = printed.filter(one => print(parse(one.query)) !== print(parse(one.canonical!)))
    expect(wrong.map(one => `${one.query} against ${one.canonical}`)).toEqual([])
  })
})

/** Whether Tempo computed constants, turned a comparison round, merged comparisons, or printed what no one can read. */
function isRewritten({ query, canonical }: Case): boolean {
  const merged = /\b(?:IN|MATCH ANY|MATCH NONE) \[/.test(canonical!)
  const unreadable = /compare\(.*\}\}/.test(canonical!)
  const turned = /\bnil\s*!?=/.test(query)
  const operators = (text: string) => text.replace(/`[^`]*`|"(?:\\.|[^"])*"/g, '').match(/[-+*/%!=<>]=?|&&|\|\|/g)
  const computed = operators(query)?.join() !== operators(canonical!)?.join()
  return merged || unreadable || turned || computed || /\d\.0\b/.test(query)
}

function classOf(text: string): Case['class'] {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(text)
  } catch (error) {
    expect(error, text).toBeInstanceOf(LabError)
    return 'parse_fails'
  }
  try {
    validate(parsed, text)
    return 'valid'
  } catch (error) {
    expect(error, text).toBeInstanceOf(LabError)
    return (error as LabError).kind === 'unsupported' ? 'unsupported' : 'validate_fails'
  }
}
