import { decodeZstdFrames, encodeZstdFrames } from '../lib/codecs/zstd-frames.ts'
import { encodeOtlpProto, readOtlpProto } from '../lib/formats/otlp/proto.ts'
import { joinNeighbours } from '../lib/import/group.ts'
import { surrogateRefusal } from '../lib/wire/protobuf/surrogate.ts'
import { exact, type Phase, zstdLevel } from './phase.ts'

const ownLevel = 19

const phase: Phase = {
  title: 'OTLP protobuf + zstd 19',
  idea: 'Reference: the message of 20 compressed by the best general tool at hand.',
  fidelity: exact,
  encode: (batches, sink, options) => encodeZstdFrames(encodeOtlpProto(batches), sink, zstdLevel(options, ownLevel)),
  refusal: surrogateRefusal,
  decode: file => joinNeighbours(readOtlpProto(decodeZstdFrames(file))),
}

export default phase
