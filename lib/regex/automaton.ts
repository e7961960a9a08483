import { type Alphabet, alphabetOf } from './alphabet.ts'
import type { Assertion } from './parse.ts'
import type { Program, Step } from './program.ts'
import { includesPoint, wordPoints } from './set.ts'

/** What stands on one side of a place, as far as assertions ask. */
type Side = 'end' | 'line feed' | 'word' | 'other'

/** Where a program may be behind a part of a text (ascending steps), and what was read last. */
interface State {
  readonly steps: Uint16Array
  readonly before: Side
  readonly next: (State | undefined)[]
  accepts: boolean | undefined
}

/** Numbers that are kept in states; when there are more, all are forgotten. */
const maxKept = 1 << 20

/**
 * Whether a program matches a whole text, in time bounded by steps times length. A deterministic automaton is made of
 * it as texts need it; a text that needs too many states is read on without making any.
 */
export class Automaton {
  readonly #threads: Threads
  readonly #alphabet: Alphabet
  #states = new Map<string, State>()
  #kept = 0

  constructor(program: Program) {
    this.#threads = new Threads(program)
    this.#alphabet = alphabetOf(program)
  }

  matches(text: string): boolean {
    let state = this.#stateOf(this.#threads.start, 'end')
    let offset = 0
    while (offset < text.length) {
      const point = text.codePointAt(offset)!
      offset += point > 0xffff ? 2 : 1
      const letter = this.#alphabet.letterOf(point)
      const next = state.next[letter] ?? this.#advance(state, letter)
      if (next.steps.length === 0) return false
      if (this.#kept > maxKept) return this.#readOn(next, text, offset)
      state = next
    }
    state.accepts ??= this.#threads.accepts(state.steps, state.before)
    return state.accepts
  }

  #advance(state: State, letter: number): State {
    const point = this.#alphabet.examples[letter]!
    const steps = this.#threads.advance(state.steps, state.before, point).slice().sort()
    const next = this.#stateOf(steps, this.#threads.sideOf(point))
    state.next[letter] = next
    return next
  }

  #stateOf(steps: Uint16Array, before: Side): State {
    const key = `${before} ${textOf(steps)}`
    let state = this.#states.get(key)
    if (state === undefined) {
      state = { steps, before, next: [], accepts: undefined }
      this.#states.set(key, state)
      this.#kept += steps.length + this.#alphabet.size + 16
    }
    return state
  }

  #readOn(state: State, text: string, from: number): boolean {
    this.#states = new Map()
    this.#kept = 0
    let { steps, before } = state
    let offset = from
    while (offset < text.length && steps.length > 0) {
      const point = text.codePointAt(offset)!
      offset += point > 0xffff ? 2 : 1
      steps = this.#threads.advance(steps, before, point)
      before = this.#threads.sideOf(point)
    }
    return this.#threads.accepts(steps, before)
  }
}

function textOf(steps: Uint16Array): string {
  let text = ''
  for (let start = 0; start < steps.length; start += 4_096)
    text += String.fromCharCode(...steps.subarray(start, start + 4_096))
  return text
}

/** The steps of a program that it may be at, all moved on at once. */
class Threads {
  readonly start: Uint16Array
  readonly #steps: readonly Step[]
  readonly #asserts: boolean
  /** By step the round in which it was seen, or made a place to go on from. */
  readonly #seen: Uint32Array
  readonly #placed: Uint32Array
  #round = 0
  /** Two lists by turns: one is read while the other is written. */
  #spare: Uint16Array
  #written: Uint16Array

  constructor({ steps, start }: Program) {
    this.start = Uint16Array.of(start)
    this.#steps = steps
    this.#asserts = steps.some(step => step.kind === 'assertion')
    this.#seen = new Uint32Array(steps.length)
    this.#placed = new Uint32Array(steps.length)
    this.#spare = new Uint16Array(steps.length)
    this.#written = new Uint16Array(steps.length)
  }

  /** The steps behind a code point; they stand until the call after the next. */
  advance(steps: Uint16Array, before: Side, point: number): Uint16Array {
    const [target, after] = [this.#spare, this.sideOf(point)]
    this.#spare = this.#written
    this.#written = target
    let count = 0
    this.#reach(steps, before, after, step => {
      if (step.kind !== 'points' || this.#placed[step.next] === this.#round || !reads(step.points, point)) return
      this.#placed[step.next] = this.#round
      target[count++] = step.next
    })
    return target.subarray(0, count)
  }

  accepts(steps: Uint16Array, before: Side): boolean {
    let found = false
    this.#reach(steps, before, 'end', step => {
      found ||= step.kind === 'match'
    })
    return found
  }

  /** Visits once each step that reads or matches and is reached without reading, where `after` comes next. */
  #reach(steps: Uint16Array, before: Side, after: Side, visit: (step: Step) => void): void {
    const round = ++this.#round
    const all = this.#steps
    const seen = this.#seen
    const open: number[] = []
    for (const first of steps) {
      for (let index: number | undefined = first; index !== undefined; index = open.pop()) {
        if (seen[index] === round) continue
        seen[index] = round
        const step = all[index]!
        if (step.kind === 'split') open.push(step.other, step.next)
        else if (step.kind !== 'assertion') visit(step)
        else if (holds(step.assertion, before, after)) open.push(step.next)
      }
    }
  }

  /** What a code point is to an assertion; always the same where none asks. */
  sideOf(point: number): Side {
    if (!this.#asserts) return 'other'
    if (point === 10) return 'line feed'
    return includesPoint(wordPoints, point) ? 'word' : 'other'
  }
}

function reads(points: readonly number[], point: number): boolean {
  return points.length === 2 ? point >= points[0]! && point <= points[1]! : includesPoint(points, point)
}

function holds(assertion: Assertion, before: Side, after: Side): boolean {
  switch (assertion) {
    case 'text start':
      return before === 'end'
    case 'text end':
      return after === 'end'
    case 'line start':
      return before === 'end' || before === 'line feed'
    case 'line end':
      return after === 'end' || after === 'line feed'
    case 'word':
      return (before === 'word') !== (after === 'word')
    case 'no word':
      return (before === 'word') === (after === 'word')
  }
}
