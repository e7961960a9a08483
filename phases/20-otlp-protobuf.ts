import { readChunks } from '../lib/bytes/range.ts'
import { readOtlpProto, writeOtlpProto } from '../lib/formats/otlp/proto.ts'
import { joinNeighbours } from '../lib/import/group.ts'
import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import { exact, type Phase } from './phase.ts'

const phase: Phase = {
  title: 'OTLP protobuf',
  idea: 'Reference: one TracesData message, as collectors send it; strings without UTF-8 are refused.',
  fidelity: exact,
  encode: (batches, sink) => writeOtlpProto(batches, sink),
  refusal: surrogateRefusal,
  decode: file => joinNeighbours(readOtlpProto(readChunks(file))),
}

export default phase
