import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, stringify } from 'yaml'
import { LabError, messageOf } from '../error.ts'

/** YAML of users of Go programs; maps merge. What is wrong is an `invalid` error with file and line. */

export type YamlMap = Readonly<Record<string, unknown>>

/** A document read as YAML, and the positions of its parts. */
export interface Yaml {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
}

/** From the document down: keys of maps, and places in lists. */
export type YamlPath = readonly (string | number)[]

/** By version 1.1 `yes` and `y` are true, by 1.2 texts. */
export function parseYaml(text: string, file: string, version: '1.1' | '1.2'): Yaml {
  const lines = new LineCounter()
  const options = { version, merge: true, lineCounter: lines, prettyErrors: false, logLevel: 'error' } as const
  const document = parseDocument(text, options)
  const [error] = document.errors
  if (error === undefined) return { file, document, lines }
  throw new LabError('invalid', `${file}: line ${lines.linePos(error.pos[0]).line}: ${messageOf(error)}`)
}

/** The document as plain values; an alias of nothing, or too many of them, is an error. */
export function contentOf({ document, file }: Yaml): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw new LabError('invalid', `${file}: ${messageOf(cause)}`, { cause })
  }
}

/** A map of the document; what else stands there is an error. */
export function mapOf(yaml: Yaml, value: unknown, path: YamlPath): YamlMap {
  if (value === undefined || value === null) throw failure(yaml, path, 'is missing')
  if (Object.getPrototypeOf(value) === Object.prototype) return value as YamlMap
  throw failure(yaml, path, 'needs a map')
}

export function failure(yaml: Yaml, path: YamlPath, message: string): LabError {
  return new LabError('invalid', `${place(yaml, path)}${printPath(path) || 'its content'} ${message}`)
}

/** `tempo.yaml: line 7: `, without the line where none is known: of what is missing, or came by a merge. */
export function place(yaml: Yaml, path: YamlPath): string {
  const line = lineOf(yaml, path)
  return line === undefined ? `${yaml.file}: ` : `${yaml.file}: line ${line}: `
}

/** `processors.tail_sampling.policies[3].latency` */
export function printPath(path: YamlPath): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('')
}

/** The line of the last key of a path. */
function lineOf({ document, lines }: Yaml, path: YamlPath): number | undefined {
  let [node, offset]: [unknown, number | undefined] = [document.contents, undefined]
  for (const key of path) {
    const own = isAlias(node) ? node.resolve(document) : node
    const [name, value] = (typeof key === 'number' ? itemOf(own, key) : pairOf(own, key)) ?? []
    if (name === undefined) return undefined
    node = value
    offset = isNode(name) ? name.range?.[0] : undefined
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}

function itemOf(node: unknown, index: number): readonly [unknown, unknown] | undefined {
  const item = isSeq(node) ? node.items[index] : undefined
  return item === undefined ? undefined : [item, item]
}

function pairOf(node: unknown, key: string): readonly [unknown, unknown] | undefined {
  const pair = isMap(node) ? node.items.find(({ key: own }) => isScalar(own) && String(own.value) === key) : undefined
  return pair === undefined ? undefined : [pair.key, pair.value]
}

/** A value as YAML, which is read back as it is. */
export function printYaml(value: unknown): string {
  return stringify(value, { version: '1.1' })
}
