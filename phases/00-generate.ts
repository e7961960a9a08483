import { readChunks } from '../lib/bytes/range.ts'
import { readOtlpJson, writeOtlpJson } from '../lib/formats/otlp/json.ts'
import { joinNeighbours } from '../lib/import/group.ts'
import { exact, type Phase } from './phase.ts'

const phase: Phase = {
  title: 'raw JSON',
  idea: 'The traces as one OTLP JSON document, as `generate` writes it.',
  fidelity: exact,
  encode: (batches, sink) => writeOtlpJson(batches, sink),
  decode: file => joinNeighbours(readOtlpJson(readChunks(file))),
}

export default phase
