import { decodeRelations, encodeRelations, partsOfRelations } from '../lib/formats/relations/file.ts'
import { joinNeighbours } from '../lib/import/group.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const ownLevel = 19

const phase: Phase = {
  title: 'span relationships',
  idea: 'What traces have in common stands once: operations, whole topologies, keys and values; the rest as differences.',
  fidelity: exact,
  encode: (batches, sink, options) => encodeRelations(batches, sink, zstdLevel(options, ownLevel)),
  decode: file => joinNeighbours(decodeRelations(file)),
  parts: file => partsOfRelations(file),
}

export default phase
