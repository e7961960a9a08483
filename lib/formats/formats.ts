import { LabError } from '../error.ts'
import { blockpack } from './blockpack/format.ts'
import type { Format } from './format.ts'
import { jaeger } from './jaeger/format.ts'
import { ndjson } from './ndjson/format.ts'
import { otlpJson } from './otlp/json-format.ts'
import { otlpProto } from './otlp/proto-format.ts'
import { vparquet } from './parquet.ts'
import { squeezed } from './squeezed/format.ts'
import { zipkin } from './zipkin/format.ts'

/** Every format that traces can come in. Each is recognised by its first bytes, so the order does not matter. */
export const formats: readonly Format[] = [otlpJson, otlpProto, jaeger, zipkin, ndjson, squeezed, blockpack, vparquet]

/** The format that `--format` names. */
export function formatNamed(name: string): Format {
  const found = formats.find(format => format.name === name)
  if (found !== undefined) return found
  throw new LabError('invalid', `format "${name}": none of ${formats.map(format => format.name).join(', ')}`)
}
