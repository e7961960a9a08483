import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { LabError, messageOf } from '../error.ts'

/** The YAML of a Tempo user, of which the settings of blocks matter: YAML 1.1, as Tempo reads it (`yes` is true, maps merge). */

export type YamlMap = Readonly<Record<string, unknown>>

/** A document read as YAML, and the positions of its parts. */
export interface Yaml {
  readonly file: string
  readonly document: Document
  readonly lines: LineCounter
}

export const blockPath: readonly string[] = ['storage', 'trace', 'block']

/** The settings of `storage.trace.block`, with the document for errors about them. What is wrong is an `invalid` error. */
export function parseBlockSettings(text: string, file: string): { yaml: Yaml; block: YamlMap } {
  const yaml = parseYaml(text, file)
  let block = mapOf(yaml, contentOf(yaml), [])
  for (const [depth, key] of blockPath.entries()) block = mapOf(yaml, block[key], blockPath.slice(0, depth + 1))
  return { yaml, block }
}

function parseYaml(text: string, file: string): Yaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.1', lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const [error] = document.errors
  if (error === undefined) return { file, document, lines }
  throw new LabError('invalid', `${file}: line ${lines.linePos(error.pos[0]).line}: ${messageOf(error)}`)
}

/** The document as plain values; an alias of nothing, or too many of them, is an error. */
function contentOf({ document, file }: Yaml): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw new LabError('invalid', `${file}: ${messageOf(cause)}`, { cause })
  }
}

/** A map of the document; what else stands there is an error. */
export function mapOf(yaml: Yaml, value: unknown, path: readonly string[]): YamlMap {
  if (value === undefined || value === null) throw failure(yaml, path.length === 0 ? blockPath : path, 'is missing')
  if (Object.getPrototypeOf(value) === Object.prototype) return value as YamlMap
  throw failure(yaml, path, 'needs a map')
}

export function failure(yaml: Yaml, path: readonly string[], message: string): LabError {
  return new LabError('invalid', `${place(yaml, path)}${path.join('.') || 'its content'} ${message}`)
}

/** `tempo.yaml: line 7: `, without the line where none is known: of what is missing, or came by a merge. */
export function place(yaml: Yaml, path: readonly string[]): string {
  const line = lineOf(yaml, path)
  return line === undefined ? `${yaml.file}: ` : `${yaml.file}: line ${line}: `
}

/** The line of the last key of a path. */
function lineOf({ document, lines }: Yaml, path: readonly string[]): number | undefined {
  let [node, offset]: [unknown, number | undefined] = [document.contents, undefined]
  for (const key of path) {
    const map = isAlias(node) ? node.resolve(document) : node
    const pair = isMap(map) ? map.items.find(({ key: own }) => isScalar(own) && String(own.value) === key) : undefined
    if (pair === undefined) return undefined
    node = pair.value
    offset = isNode(pair.key) ? pair.key.range?.[0] : undefined
  }
  return offset === undefined ? undefined : lines.linePos(offset).line
}
