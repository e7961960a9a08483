import type { Limits } from '../model/limits.ts'
import type { SpanSource } from '../model/scan.ts'

/** Finds out, before the first question does, what all questions over a source need: which traces its parts share. */
export async function prepareSource(source: SpanSource, limits: Limits): Promise<void> {
  for await (const batch of source.scan({ needs: [], columns: [] }, limits)) {
    batch.release()
    return
  }
}
