import { columnarParts, decodeColumnarFile, encodeColumnarFile } from '../lib/formats/columnar/file.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const phase: Phase = {
  title: 'columnar',
  idea: 'Each field and attribute a typed column, predicted from what is known of its row, in as few bits as it takes.',
  fidelity: exact,
  encode: (batches, sink, options) => encodeColumnarFile(batches, sink, zstdLevel(options, 19)),
  decode: file => decodeColumnarFile(file),
  parts: file => columnarParts(file),
}

export default phase
