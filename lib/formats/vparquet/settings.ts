import { LabError } from '../../error.ts'
import { mapOf, place } from '../../wire/yaml.ts'
import { blockPath, parseBlockSettings } from '../tempo-yaml.ts'
import type { DedicatedColumn } from './meta.ts'

const key = 'parquet_dedicated_columns'
const scopes = ['resource', 'span', 'event'] as const
const types = ['string', 'int'] as const
const options = ['array', 'blob'] as const

/** The dedicated columns that a Tempo user's YAML sets: `parquet_dedicated_columns` of `storage.trace.block`. */
export function parseDedicatedColumns(text: string, file: string): DedicatedColumn[] {
  const { yaml, block } = parseBlockSettings(text, file)
  const path = [...blockPath, key]
  const list = block[key] ?? []
  if (!Array.isArray(list)) throw new LabError('invalid', `${place(yaml, path)}${path.join('.')} needs a list`)
  return list.map((item, i) => {
    const { scope = 'span', name, type = 'string', options: told = [] } = mapOf(yaml, item, path)
    const subject = `${place(yaml, path)}${key}[${i}]`
    return column(subject, { scope, name, type, options: [told].flat() })
  })
}

/** The same from a text: `resource.k8s.pod.name`, `span.http.status_code:int`, `event.exception.message:string:blob`. */
export function parseDedicatedColumn(text: string): DedicatedColumn {
  const [path = '', type = 'string', ...told] = text.split(':')
  const dot = path.indexOf('.')
  return column(`dedicated column ${text}`, {
    scope: path.slice(0, Math.max(0, dot)),
    name: path.slice(dot + 1),
    type,
    options: told,
  })
}

interface Told {
  readonly scope: unknown
  readonly name: unknown
  readonly type: unknown
  readonly options: readonly unknown[]
}

function column(subject: string, told: Told): DedicatedColumn {
  const scope = oneOf(subject, 'scope', told.scope, scopes)
  const type = oneOf(subject, 'type', told.type, types)
  const chosen = told.options.map(option => oneOf(subject, 'option', option, options))
  if (typeof told.name !== 'string' || told.name === '')
    throw new LabError('invalid', `${subject}: the name of the attribute is missing`)
  return {
    ...{ scope, name: told.name, type },
    ...(chosen.includes('array') ? { isArray: true } : {}),
    ...(chosen.includes('blob') ? { isBlob: true } : {}),
  }
}

function oneOf<T extends string>(subject: string, what: string, given: unknown, names: readonly T[]): T {
  const found = names.find(name => name === given)
  if (found !== undefined) return found
  throw new LabError('invalid', `${subject}: ${what} ${JSON.stringify(given)}, needs one of ${names.join(', ')}`)
}
