import { decodeCborFile, encodeCborFile } from '../lib/formats/cbor/file.ts'
import { exact, type Phase } from './phase.ts'

const phase: Phase = {
  title: 'CBOR',
  idea: 'Binary ids, integer keys, times as differences, resources and scopes once a trace.',
  fidelity: exact,
  encode: (batches, sink) => encodeCborFile(batches, sink, { codec: 'none', blockBytes: 1 << 20 }),
  decode: file => decodeCborFile(file),
}

export default phase
