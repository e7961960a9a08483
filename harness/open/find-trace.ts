import { LabError } from '../../lib/error.ts'
import { Losses } from '../../lib/formats/losses.ts'
import { readInputs, type SkippedFile } from '../../lib/import/input.ts'
import { mergeSpellings } from '../../lib/model/merge.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'
import { spellingsOf, traceIdOf, traceKey } from '../../lib/model/trace-id.ts'
import { reportLeftOut } from './left-out.ts'
import { withBlockSources } from './search-source.ts'

/**
 * The trace of an id in any spelling, with its spans of all files: by the index of those that are searched in place, by
 * reading the others. Spans whose trace id is spelled in another way come apart (lib/model/trace-id.ts). What could not be
 * looked at is reported, also where the trace is not found.
 */
export async function findTrace(id: string, paths: readonly string[], skipsBad?: boolean): Promise<Trace[]> {
  const [written] = idsMeant(id)
  const losses = new Losses({ skipsBad: skipsBad === true })
  const skipped: SkippedFile[] = []
  const pieces: Trace[] = []
  await withBlockSources(paths, async (opened, captures) => {
    for (const { source } of opened) for await (const piece of source.findTraces([written!])) pieces.push(piece)
    for (const path of captures) pieces.push(...(await scan(path, traceKey(written!), losses, skipped)))
  })
  reportLeftOut({ dropped: losses.list(), skipped, bad: losses.listBad() }, skipsBad)
  if (pieces.length === 0) throw notFound(id, paths.join(', '))
  return mergeSpellings(pieces)
}

export function notFound(id: string, where: string): LabError {
  return new LabError('missing', `trace ${id}: is not in ${where}`)
}

/** The spellings of the trace id that is meant, the written one first. */
export function idsMeant(id: string): string[] {
  const written = traceIdOf(id)
  const spellings = spellingsOf(written)
  return [...new Set(spellings.includes(written) ? [written, ...spellings] : spellings)]
}

/** The traces of any capture that have an id, in each of its spellings with all of its spans. */
async function scan(path: string, key: string, losses: Losses, skipped: SkippedFile[]): Promise<Trace[]> {
  const found = new Map<string, Span[]>()
  const inputs = readInputs([path], { losses })
  for await (const batch of inputs.batches)
    for (const { traceId, spans } of batch) {
      if (traceKey(traceId) !== key) continue
      const own = found.get(traceId)
      if (own) for (const span of spans) own.push(span)
      else found.set(traceId, [...spans])
    }
  skipped.push(...inputs.skipped)
  return [...found].map(([traceId, spans]) => ({ traceId, spans }))
}
