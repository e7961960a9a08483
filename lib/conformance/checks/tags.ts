import { LabError } from '../../error.ts'
import type { Found } from '../api/response.ts'
import { type CheckMaker, listsDiffer } from './check.ts'

const word = /"(?:[^"\\]|\\.)*"|\S+/g

/** Names as words, those with blanks in quotes. */
function parseNames(words: string): string[] {
  return (words.match(word) ?? [])
    .filter(name => name !== '-')
    .map(name => (name.startsWith('"') ? JSON.parse(name) : name))
}

/** The names of a scope, or of version 1, whose scope is `*`: all of them, these among them, or none of these. */
export function namesCheck(kind: 'tags' | 'has' | 'lacks'): CheckMaker {
  return words => {
    const [scope, ...names] = parseNames(words)
    return ({ json }) => {
      const found = namesIn(json, scope!)
      if (kind === 'tags') return listsDiffer(names, found)
      const wrong = names.filter(name => found.includes(name) !== (kind === 'has'))
      if (wrong.length === 0) return undefined
      return `${kind === 'has' ? 'misses' : 'has besides'} ${wrong.join(', ')}`
    }
  }
}

function namesIn({ tagNames = [], scopes = [] }: Found, scope: string): readonly string[] {
  if (scope === '*') return tagNames
  return scopes.filter(({ name }) => name === scope).flatMap(({ tags = [] }) => tags)
}

/** Exactly these values, with their types in front but in version 1. */
export const valuesCheck: CheckMaker = words => {
  const texts = words.match(/(?:\w+:)?(?:"(?:[^"\\]|\\.)*"|\S+)/g) ?? []
  const expected = texts.filter(text => text !== '-').map(parseTyped)
  return ({ json }) =>
    listsDiffer(
      expected,
      (json.tagValues ?? []).map(value => (typeof value === 'string' ? value : `${value.type}:${value.value ?? ''}`)),
    )
}

function parseTyped(text: string): string {
  const [, type, value] = /^(\w+:)?(.*)$/s.exec(text)!
  if (value === undefined) throw new LabError('invalid', `${text}: expected a value`)
  return `${type ?? ''}${value.startsWith('"') ? JSON.parse(value) : value}`
}
