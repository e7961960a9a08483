import { mergePieces } from '../lib/dataset/merge.ts'
import { LabError } from '../lib/error.ts'
import { type Span, type Trace, traceIdDigits } from '../lib/model/trace.ts'
import { readInputs } from '../lib/sources/input.ts'
import { Losses } from '../lib/sources/source.ts'
import { isBlockpackFile, withBlockpack } from './blockpack-files.ts'

/**
 * The trace of an id, with its spans of all files: by the index of those that are blockpack, by reading the others.
 * Where no trace has the id as it is written, it is taken as a number of any length, which only one trace may have.
 */
export async function findTrace(id: string, paths: readonly string[]): Promise<Trace> {
  const ids = idsMeant(id)
  const pieces = new Map<string, Trace[]>()
  for (const path of paths)
    for (const piece of await ((await isBlockpackFile(path)) ? lookUp(path, ids) : scan(path, ids))) {
      const known = pieces.get(piece.traceId)
      if (known) known.push(piece)
      else pieces.set(piece.traceId, [piece])
    }
  return mergePieces(pieces.get(chosenId(id, ids, [...pieces.keys()], paths.join(', ')))!).trace
}

/** The ids that a trace may have who is called so: as it is written first, then the number in other lengths. */
export function idsMeant(id: string): string[] {
  const written = id.toLowerCase()
  if (!/^[0-9a-f]+$/.test(written) || written.replace(/^0+/, '').length > traceIdDigits)
    throw new LabError('usage', `trace id ${JSON.stringify(id)}: needs 1 to ${traceIdDigits} hex digits`)
  const number = written.replace(/^0+(?=.)/, '')
  const ids = new Set(written.length % 2 === 0 && written.length <= traceIdDigits ? [written] : [])
  for (let length = traceIdDigits; length >= number.length; length -= 2) ids.add(number.padStart(length, '0'))
  return [...ids]
}

/** The one of the found ids that is meant; none and several that could be are errors. */
export function chosenId(id: string, ids: readonly string[], found: readonly string[], where: string): string {
  if (found.length === 0) throw new LabError('missing', `trace ${id}: is not in ${where}`)
  if (found.length === 1) return found[0]!
  if (ids[0] === id.toLowerCase() && found.includes(ids[0])) return ids[0]
  throw new LabError('invalid', `trace ${id}: could be any of ${found.join(', ')}; write it as one of them`)
}

/** The traces of a blockpack file that have one of the ids. */
function lookUp(path: string, ids: readonly string[]): Promise<Trace[]> {
  return withBlockpack(path, async reader => {
    const found = await Promise.all(ids.map(id => reader.findTrace(id)))
    return found.filter(trace => trace !== undefined)
  })
}

/** The traces of any capture that have one of the ids, each with all of its spans. */
async function scan(path: string, ids: readonly string[]): Promise<Trace[]> {
  const wanted = new Map(ids.map(id => [id, [] as Span[]]))
  for await (const batch of readInputs([path], { losses: new Losses() }).batches)
    for (const { traceId, spans } of batch) wanted.get(traceId)?.push(...spans)
  return [...wanted].filter(([, spans]) => spans.length > 0).map(([traceId, spans]) => ({ traceId, spans }))
}
