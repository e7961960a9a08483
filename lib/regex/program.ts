import { LabError } from '../error.ts'
import { type Assertion, type Regex, unbounded } from './parse.ts'
import type { CodePoints } from './set.ts'

/** A nondeterministic automaton. Steps name each other by index; it starts with `start`. */
export interface Program {
  readonly steps: readonly Step[]
  readonly start: number
}

export type Step =
  | { readonly kind: 'points'; readonly points: CodePoints; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'split'; readonly next: number; other: number }
  | { readonly kind: 'match' }

/** Steps of the largest program; time to match is bounded by it times the length of the text. */
export const maxSteps = 10_000

/** The automaton of a regex, counted repetitions written out. */
export function compileProgram(regex: Regex): Program {
  const steps: Step[] = [{ kind: 'match' }]
  return { steps, start: compile(steps, regex, 0) }
}

/** Adds the steps of a regex that goes on with `next`; returns the first of them. */
function compile(steps: Step[], regex: Regex, next: number): number {
  switch (regex.kind) {
    case 'points':
      return add(steps, { kind: 'points', points: regex.points, next })
    case 'assertion':
      return add(steps, { kind: 'assertion', assertion: regex.assertion, next })
    case 'sequence':
      return regex.parts.reduceRight((after, part) => compile(steps, part, after), next)
    case 'choice':
      return regex.options
        .map(option => compile(steps, option, next))
        .reduceRight((other, first) => add(steps, { kind: 'split', next: first, other }))
    case 'repeat':
      return compileRepeat(steps, regex, next)
  }
}

function compileRepeat(steps: Step[], { part, least, most }: Regex & { kind: 'repeat' }, next: number): number {
  let after = next
  if (most === unbounded) after = compileLoop(steps, part, next)
  else
    for (let count = least; count < most; count++)
      after = add(steps, { kind: 'split', next: compile(steps, part, after), other: next })
  for (let count = 0; count < least; count++) after = compile(steps, part, after)
  return after
}

function compileLoop(steps: Step[], part: Regex, next: number): number {
  const loop = { kind: 'split' as const, next, other: next }
  const index = add(steps, loop)
  loop.other = compile(steps, part, index)
  return index
}

function add(steps: Step[], step: Step): number {
  if (steps.length >= maxSteps) throw new LabError('invalid', `regex: more than ${maxSteps} steps once written out`)
  return steps.push(step) - 1
}
