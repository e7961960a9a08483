import { LabError } from '../../error.ts'

/** What a live store needs of a partition, and what the log has. */
interface Offsets {
  /** The name of the partition. */
  readonly name: string
  /** What is read next, */
  readonly next: number
  /** and what comes next into blocks. */
  readonly committed: number
  readonly first: number
  readonly end: number
}

/** The log does not have what a live store reads next. */
export class LostError extends LabError {}

/** Fails where the log does not have an offset that is read next. */
export function checkRange({ name, next, committed, first, end }: Offsets): void {
  if (next < first)
    throw new LostError(
      'missing',
      `${name}: begins at offset ${first}, and blocks end at ${committed}: retention has removed ${first - next} records from ` +
        `${next} on that are in no block; a block builder goes on without them with --accept-lost-records, a live store after it`,
    )
  if (next > end)
    throw new LostError(
      'missing',
      `${name}: ends at offset ${end}, and ${next} was read before (blocks end at ${committed}): the log has lost records, or is ` +
        'another one; restore it, or begin anew with an empty storage.trace.s3.prefix and empty folders of live stores',
    )
}
