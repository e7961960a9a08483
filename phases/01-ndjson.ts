import { readChunks } from '../lib/bytes/range.ts'
import { readTraces } from '../lib/formats/ndjson/parse.ts'
import { writeTraces } from '../lib/formats/ndjson/print.ts'
import { exact, type Phase } from './phase.ts'

const phase: Phase = {
  title: 'NDJSON',
  idea: 'One span a line that stands alone, natural JSON without padding: the baseline of every ratio.',
  fidelity: exact,
  encode: (batches, sink) => writeTraces(batches, sink),
  decode: file => readTraces(readChunks(file)),
}

export default phase
