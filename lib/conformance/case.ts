import { LabError, naming } from '../error.ts'
import { getOrInsert } from '../maps.ts'
import { type Request, type Verb, verbs } from './api/request.ts'
import type { Check } from './checks/check.ts'
import { parseChecks } from './checks/checks.ts'
import { sets } from './data/sets.ts'

/** The profiles that a case may name; without one, what the documents say is right. */
export const profileNames = ['tempo-3'] as const
export type ProfileName = (typeof profileNames)[number]

/** A question with its answer, and why that is the right one. */
export interface Case {
  readonly topic: string
  /** From 1, where it begins in the file of its topic. */
  readonly line: number
  readonly why: string
  readonly source: string
  /** The name of a set. */
  readonly data: string
  readonly request: Request
  /** The request as it is written. */
  readonly text: string
  readonly expected: readonly Check[]
  readonly profiles: Readonly<Partial<Record<ProfileName, readonly Check[]>>>
}

/** What has to hold under a profile. */
export function expectedBy({ expected, profiles }: Case, profile: ProfileName | undefined): readonly Check[] {
  return (profile && profiles[profile]) ?? expected
}

/** The cases of a topic's text. What is wrong in it is an `invalid` error with its line. */
export function parseCases(topic: string, text: string): Case[] {
  const settings: Record<string, string> = {}
  const cases: Case[] = []
  const lines = text.split('\n').map((line, i) => ({ text: line.trimEnd(), number: i + 1 }))
  let block: Line[] = []
  for (const line of [...lines, { text: '', number: lines.length + 1 }]) {
    if (line.text.startsWith('#')) continue
    if (line.text.startsWith('@')) {
      const [, name, value] = /^@(\S+)\s*(.*)$/.exec(line.text)!
      settings[name!] = value!
    } else if (line.text !== '') block.push(line)
    else if (block.length > 0) {
      cases.push(parseBlock(topic, block, settings))
      block = []
    }
  }
  return cases
}

interface Line {
  readonly text: string
  readonly number: number
}

function parseBlock(
  topic: string,
  [head, ...lines]: readonly Line[],
  settings: Readonly<Record<string, string>>,
): Case {
  const { data = '', source: usualSource = '' } = settings
  const fail = (line: Line, problem: string): never => {
    throw new LabError('invalid', `${topic}, line ${line.number}: ${problem}`)
  }
  if (sets[data] === undefined) fail(head!, `@data ${data}: there is no such set`)
  let [source, text] = [usualSource, '']
  let request: Request | undefined
  const expected: [string, string][] = []
  const ofProfile = new Map<ProfileName, [string, string][]>()
  for (const line of lines) {
    const [, word, rest] = /^\s+(\S+)\s*(.*)$/.exec(line.text) ?? fail(line, 'expected an indented line')
    const profile = profileNames.find(name => word === `${name}:`)
    naming(`${topic}, line ${line.number}`, () => {
      if (word === 'source') source = rest!
      else if (request === undefined) [request, text] = [parseRequest(word!, rest!), `${word} ${rest}`]
      else if (profile === undefined) expected.push([word!, rest!])
      else {
        const [, kind, own] = /^(\S+)\s*(.*)$/.exec(rest!)!
        getOrInsert(ofProfile, profile, () => []).push([kind!, own!])
      }
    })
  }
  if (request === undefined || expected.length === 0) return fail(head!, 'needs a request and what is expected')
  if (source === '') fail(head!, 'needs a source')
  const checks = (own: [string, string][]) =>
    naming(`${topic}, line ${head!.number}`, () => parseChecks(own, sets[data]!))
  const profiles = Object.fromEntries(Array.from(ofProfile, ([name, own]) => [name, checks(own)]))
  return {
    topic,
    line: head!.number,
    why: head!.text,
    source,
    data,
    request,
    text,
    expected: checks(expected),
    profiles,
  }
}

function parseRequest(word: string, rest: string): Request {
  if (!Object.hasOwn(verbs, word)) throw new LabError('invalid', `${word}: expected ${Object.keys(verbs).join(', ')}`)
  const verb = word as Verb
  let text = rest.replaceAll('⏎', '\n')
  let subject = ''
  if ('hasSubject' in verbs[verb]) {
    subject = /^(?:"(?:[^"\\]|\\.)*"|(?:[^\s"]|"[^"]*")+)/.exec(text)?.[0] ?? ''
    text = text.slice(subject.length).trimStart()
  }
  const parameters: Record<string, string> = {}
  for (let match = parameter.exec(text); match !== null; match = parameter.exec(text)) {
    parameters[match[1]!] = match[2]!.startsWith('"') ? JSON.parse(match[2]!) : match[2]!
    text = text.slice(match[0].length)
  }
  return { verb, subject, parameters, query: text }
}

/** `name=value`, `name==text` or `name="a text"`. */
const parameter = /^([A-Za-z]+)=("(?:[^"\\]|\\.)*"|\S*)(?:\s+|$)/
