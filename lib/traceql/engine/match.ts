import type { BigintValues, CodedValues, NumberValues } from '../../model/scan.ts'
import type { Value } from '../../model/trace.ts'
import {
  type CompiledTest,
  compiledTest,
  type IntRange,
  meets,
  type NumberRange,
  type ValueTest,
} from '../../model/value-test.ts'
import type { Field } from '../language/ast.ts'
import { ownerCount, type Part, spread, type View } from './view.ts'

/** 1 for the spans whose field meets the test: of events and links, where one of the span's does. */
export function matchField(view: View, field: Field, test: ValueTest): Uint8Array {
  const result = new Uint8Array(view.spanCount)
  for (const part of view.parts(field)) matchPart(view, part, compiledTest(test), result)
  return result
}

function matchPart(view: View, part: Part, test: CompiledTest, result: Uint8Array): void {
  if (part.owner === 'span' && part.unless === undefined) {
    mark(part, test, result)
    return
  }
  const owners = new Uint8Array(ownerCount(view, part.owner))
  mark(part, test, owners)
  const { unless } = part
  if (unless !== undefined) for (let row = 0; row < owners.length; row++) owners[row]! &= unless[row]! ^ 1
  if (part.owner === 'span') for (let row = 0; row < owners.length; row++) result[row]! |= owners[row]!
  else spread(view, part.owner, owners, result)
}

/** Marks the rows of the owner whose value meets the test. */
function mark({ data }: Part, test: CompiledTest, mask: Uint8Array): void {
  const { rows, values } = data
  if ('codes' in values) markCoded(values, rows, test, mask)
  else if ('bigints' in values) markBigints(values, rows, test, mask)
  else if (data.type === 'int') markInts(values, rows, test, mask)
  else if (test.doubles !== undefined) markNumbers(values.numbers, rows, test.doubles, test.isNegated, mask)
}

/** Verdicts on the entries of a dictionary, which batches may share. */
const verdictsOf = new WeakMap<CompiledTest, WeakMap<readonly Value[], Verdicts>>()

interface Verdicts {
  readonly met: Uint8Array
  readonly metCount: number
}

function verdicts(test: CompiledTest, dictionary: readonly Value[]): Verdicts {
  let known = verdictsOf.get(test)
  if (known === undefined) {
    known = new WeakMap()
    verdictsOf.set(test, known)
  }
  let own = known.get(dictionary)
  if (own === undefined) {
    const met = Uint8Array.from(dictionary, value => (meets(test, value) ? 1 : 0))
    own = { met, metCount: met.reduce((sum, one) => sum + one, 0) }
    known.set(dictionary, own)
  }
  return own
}

function markCoded(
  { codes, dictionary }: CodedValues,
  rows: Uint32Array | undefined,
  test: CompiledTest,
  mask: Uint8Array,
) {
  const { met, metCount } = verdicts(test, dictionary)
  if (metCount === 0) return
  if (rows === undefined) for (let row = 0; row < codes.length; row++) mask[row]! |= met[codes[row]!]!
  else for (let i = 0; i < rows.length; i++) if (met[codes[i]!] === 1) mask[rows[i]!] = 1
}

function markInts(
  { base, numbers }: NumberValues,
  rows: Uint32Array | undefined,
  test: CompiledTest,
  mask: Uint8Array,
) {
  if (test.ints === undefined) return
  const ranges = test.ints.map(range => overBase(range, base))
  markNumbers(numbers, rows, ranges, test.isNegated, mask)
}

/** The same range of differences to a base: all of them are exact as doubles, so that rounded bounds part them alike. */
function overBase({ least, greatest }: IntRange, base: bigint): NumberRange {
  return {
    least: least === undefined ? Number.NEGATIVE_INFINITY : Number(least - base),
    greatest: greatest === undefined ? Number.POSITIVE_INFINITY : Number(greatest - base),
  }
}

function markNumbers(
  numbers: Float64Array,
  rows: Uint32Array | undefined,
  ranges: readonly NumberRange[],
  negated: boolean,
  mask: Uint8Array,
): void {
  if (ranges.length === 1) {
    markRange(numbers, rows, ranges[0]!, negated, mask)
    return
  }
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!
    if (ranges.some(range => number >= range.least && number <= range.greatest) !== negated)
      mask[rows === undefined ? i : rows[i]!] = 1
  }
}

function markRange(
  numbers: Float64Array,
  rows: Uint32Array | undefined,
  { least, greatest }: NumberRange,
  negated: boolean,
  mask: Uint8Array,
): void {
  if (rows === undefined)
    for (let row = 0; row < numbers.length; row++) {
      const number = numbers[row]!
      if ((number >= least && number <= greatest) !== negated) mask[row] = 1
    }
  else
    for (let i = 0; i < rows.length; i++) {
      const number = numbers[i]!
      if ((number >= least && number <= greatest) !== negated) mask[rows[i]!] = 1
    }
}

function markBigints(
  { bigints }: BigintValues,
  rows: Uint32Array | undefined,
  test: CompiledTest,
  mask: Uint8Array,
): void {
  for (let i = 0; i < bigints.length; i++) if (meets(test, bigints[i]!)) mask[rows === undefined ? i : rows[i]!] = 1
}
