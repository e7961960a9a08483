import { LabError } from '../../lib/error.ts'
import { Losses } from '../../lib/formats/losses.ts'
import { readInputs, type SkippedFile } from '../../lib/import/input.ts'
import { type HeldPiece, mergeHeld } from '../../lib/model/merge.ts'
import type { Span, Trace } from '../../lib/model/trace.ts'
import { spellingsOf, traceIdOf, traceKey } from '../../lib/model/trace-id.ts'
import { heldThreshold } from '../../lib/sampling/threshold.ts'
import { isSampled } from '../../lib/sampling/weights.ts'
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
  const sampled = new Set<string>()
  const pieces: HeldPiece[] = []
  await withBlockSources(paths, async (opened, captures) => {
    for (const { source } of opened)
      for await (const trace of source.findTraces([written!])) pieces.push({ trace, asHeld: source.asHeld })
    for (const path of captures)
      for (const trace of await scan(path, traceKey(written!), { losses, skipped, sampled })) pieces.push({ trace })
    if (pieces.length > 0) return
    for (const { source, file } of opened) if (await isSampled(source)) sampled.add(file.name)
  })
  reportLeftOut({ dropped: losses.list(), skipped, bad: losses.listBad() }, skipsBad)
  if (pieces.length === 0) throw notFound(id, paths.join(', '), sampled)
  return mergeHeld(pieces)
}

/** With the names of the files that were sampled, in which the trace may have been left out. */
export function notFound(id: string, where: string, sampled: ReadonlySet<string> = new Set()): LabError {
  const mayBeLeftOut = sampled.size === 0 ? '' : `; sampling may have left it out of ${[...sampled].join(', ')}`
  return new LabError('missing', `trace ${id}: is not in ${where}${mayBeLeftOut}`)
}

/** The spellings of the trace id that is meant, the written one first. */
export function idsMeant(id: string): string[] {
  const written = traceIdOf(id)
  const spellings = spellingsOf(written)
  return [...new Set(spellings.includes(written) ? [written, ...spellings] : spellings)]
}

/** What is noted while captures are read. */
interface Scanned {
  readonly losses: Losses
  readonly skipped: SkippedFile[]
  /** The captures of which spans tell that they were sampled. */
  readonly sampled: Set<string>
}

/** The traces of any capture that have an id, in each of its spellings with all of its spans. */
async function scan(path: string, key: string, { losses, skipped, sampled }: Scanned): Promise<Trace[]> {
  const found = new Map<string, Span[]>()
  const inputs = readInputs([path], { losses })
  for await (const batch of inputs.batches)
    for (const { traceId, spans } of batch) {
      if (spans.some(({ traceState }) => (heldThreshold(traceId, traceState) ?? 0n) > 0n)) sampled.add(path)
      if (traceKey(traceId) !== key) continue
      const own = found.get(traceId)
      if (own) for (const span of spans) own.push(span)
      else found.set(traceId, [...spans])
    }
  skipped.push(...inputs.skipped)
  return [...found].map(([traceId, spans]) => ({ traceId, spans }))
}
