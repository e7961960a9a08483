import { acceptClassEscape, parseClass, parseEscape } from './class.ts'
import { accept, acceptMatch, failRegex, type RegexCursor, takePoint } from './cursor.ts'
import { allPoints, type CodePoints, complementOf } from './set.ts'
import { foldedClass } from './unicode.ts'

/** What a pattern says. Groups and greed are gone: they do not change whether a whole text matches. */
export type Regex =
  | { readonly kind: 'points'; readonly points: CodePoints }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly kind: 'choice'; readonly options: readonly Regex[] }
  | { readonly kind: 'repeat'; readonly part: Regex; readonly least: number; readonly most: number }

export type Assertion = 'text start' | 'text end' | 'line start' | 'line end' | 'word' | 'no word'

/** `most` of a repetition without an upper bound. */
export const unbounded = Number.POSITIVE_INFINITY
const maxRepeat = 1_000
const maxNesting = 500

/** How many ends of ranges all classes of a pattern may have; folding case counts as `foldedEnds` a class. */
const maxEnds = 500_000
const foldedEnds = 500

interface Flags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

interface State extends RegexCursor {
  flags: Flags
  depth: number
  /** The ends of ranges in the classes so far. */
  ends: number
  readonly names: Set<string>
  /** By part the product of the counts of nested repetitions. */
  readonly counts: WeakMap<Regex, number>
}

/** What a pattern in RE2's syntax says. `.` stands for line feeds too, as in Tempo; `(?-s)` takes them out. */
export function parseRegex(pattern: string): Regex {
  const flags = { ignoreCase: false, multiline: false, dotAll: true }
  const state: State = { pattern, offset: 0, flags, depth: 0, ends: 0, names: new Set(), counts: new WeakMap() }
  const regex = parseChoice(state)
  if (state.offset < pattern.length) failRegex(state, 'a ) without its (')
  return regex
}

function parseChoice(state: State): Regex {
  const options = [parseSequence(state)]
  while (accept(state, '|')) options.push(parseSequence(state))
  return options.length === 1 ? options[0]! : counted(state, { kind: 'choice', options }, options)
}

function parseSequence(state: State): Regex {
  const parts: Regex[] = []
  while (state.offset < state.pattern.length && !'|)'.includes(state.pattern[state.offset]!)) {
    const atoms = accept(state, '\\Q') ? parseQuoted(state) : parseAtom(state)
    const repeated = parseRepeat(state, atoms.at(-1))
    for (const atom of atoms.slice(0, -1)) parts.push(atom)
    if (repeated !== undefined) parts.push(repeated)
  }
  return parts.length === 1 ? parts[0]! : counted(state, { kind: 'sequence', parts }, parts)
}

function counted(state: State, regex: Regex, parts: readonly Regex[]): Regex {
  state.counts.set(
    regex,
    parts.reduce((most, part) => Math.max(most, state.counts.get(part) ?? 1), 1),
  )
  return regex
}

function parseQuoted(state: State): Regex[] {
  const end = state.pattern.indexOf('\\E', state.offset)
  const quoted = state.pattern.slice(state.offset, end < 0 ? undefined : end)
  state.offset += quoted.length + (end < 0 ? 0 : 2)
  return [...quoted].map(character => literal(state, character.codePointAt(0)!))
}

const repeatPattern = /(?:([*+?])|\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\})\??/y
const signs: Readonly<Record<string, readonly [number, number]>> = {
  '*': [0, unbounded],
  '+': [1, unbounded],
  '?': [0, 1],
}

/** The part as often as the repetition says that comes next, or once. */
function parseRepeat(state: State, part: Regex | undefined): Regex | undefined {
  const begun = { ...state }
  const match = acceptMatch(state, repeatPattern)
  if (match === undefined) return part
  if (part === undefined) return failRegex(begun, `${match[0]} repeats nothing`)
  const [least, most] = match[1] === undefined ? boundsOf(match) : signs[match[1]]!
  const count = (most === unbounded ? least : most) || 1
  const product = (state.counts.get(part) ?? 1) * (match[1] === undefined ? count : 1)
  if (product > maxRepeat) failRegex(begun, `more than ${maxRepeat} repetitions, nested ones multiplied`)
  if (most < least) failRegex(begun, `${match[0]} ends before it begins`)
  const again = acceptMatch({ ...state }, repeatPattern)
  if (again !== undefined)
    failRegex(state, `${again[0]} behind a repetition: RE2 has no possessive and no stacked ones`)
  const repeat: Regex = { kind: 'repeat', part, least, most }
  state.counts.set(repeat, product)
  return repeat
}

function boundsOf(match: RegExpExecArray): readonly [number, number] {
  const least = Number(match[2])
  if (match[3] === undefined) return [least, least]
  return [least, match[4] === undefined ? unbounded : Number(match[4])]
}

/** The part that comes next; none where flags stand. */
function parseAtom(state: State): Regex[] {
  const { flags } = state
  if (accept(state, '(')) return parseGroup(state)
  if (accept(state, '[')) return [classOf(state, parseClass(state, flags.ignoreCase))]
  if (accept(state, '.')) return [{ kind: 'points', points: flags.dotAll ? allPoints : complementOf([10, 10]) }]
  if (accept(state, '^')) return [assertion(flags.multiline ? 'line start' : 'text start')]
  if (accept(state, '$')) return [assertion(flags.multiline ? 'line end' : 'text end')]
  if (state.pattern[state.offset] === '\\') return [parseEscaped(state)]
  parseRepeat(state, undefined)
  return [literal(state, takePoint(state))]
}

function assertion(assertion: Assertion): Regex {
  return { kind: 'assertion', assertion }
}

function classOf(state: State, points: CodePoints): Regex {
  state.ends += points.length + (state.flags.ignoreCase ? foldedEnds : 0)
  if (state.ends > maxEnds) failRegex(state, 'classes that are too large together')
  return { kind: 'points', points }
}

function literal({ flags }: State, point: number): Regex {
  return { kind: 'points', points: flags.ignoreCase ? foldedClass([point, point]) : [point, point] }
}

function parseEscaped(state: State): Regex {
  if (accept(state, '\\A')) return assertion('text start')
  if (accept(state, '\\z')) return assertion('text end')
  if (accept(state, '\\b')) return assertion('word')
  if (accept(state, '\\B')) return assertion('no word')
  const points = acceptClassEscape(state, state.flags.ignoreCase)
  return points === undefined ? literal(state, parseEscape(state)) : classOf(state, points)
}

const flagGroup = /\?([imsU]*)(?:-([imsU]+))?([:)])/y
const namedGroup = /\?P?<(\w+)>/y

function parseGroup(state: State): Regex[] {
  const begun = { ...state, offset: state.offset - 1 }
  const outer = state.flags
  const flags = acceptMatch(state, flagGroup)
  if (flags !== undefined) state.flags = withFlags(withFlags(outer, flags[1]!, true), flags[2] ?? '', false)
  if (flags?.[3] === ')') return []
  if (flags === undefined) acceptName(state, begun)
  if (++state.depth > maxNesting) failRegex(begun, `groups nested more than ${maxNesting} deep`)
  const inner = parseChoice(state)
  if (!accept(state, ')')) failRegex(begun, 'a ( without its )')
  state.depth--
  state.flags = outer
  return [inner]
}

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  return {
    ignoreCase: letters.includes('i') ? value : flags.ignoreCase,
    multiline: letters.includes('m') ? value : flags.multiline,
    dotAll: letters.includes('s') ? value : flags.dotAll,
  }
}

function acceptName(state: State, begun: RegexCursor): void {
  if (state.pattern[state.offset] !== '?') return
  const name = acceptMatch(state, namedGroup)?.[1]
  if (name === undefined) return failRegex(begun, refusal(state.pattern.slice(begun.offset, begun.offset + 4)))
  if (state.names.has(name)) failRegex(begun, `two groups are named ${name}`)
  state.names.add(name)
}

function refusal(opening: string): string {
  const looks = /^\(\?<?[=!]/.exec(opening)
  return looks === null
    ? `${opening.slice(0, 3)} begins no group of RE2`
    : `${looks[0]}: RE2 looks neither ahead nor behind`
}
