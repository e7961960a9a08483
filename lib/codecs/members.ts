import { ChunkInput } from '../bytes/chunk-input.ts'
import { LabError } from '../error.ts'

/** A compression whose streams are members that follow one another: gzip calls them members, zstd frames. */
export interface MemberFormat {
  name: string
  member: string
  /** True where these bytes, four or what is left, begin a member. */
  begins(head: Uint8Array): boolean
  /** The content of the member that stands next; then the input stands behind it. */
  decode(input: ChunkInput): AsyncIterable<Uint8Array>
}

/**
 * The content of all members. Zero bytes between and behind them are padding; other bytes that begin no member are an
 * error that names their place and number, once everything before them has been given.
 */
export async function* decodeMembers(
  chunks: AsyncIterable<Uint8Array>,
  format: MemberFormat,
): AsyncIterable<Uint8Array> {
  const input = new ChunkInput(chunks)
  try {
    for (;;) {
      const isMember = format.begins(await headBehindPadding(input))
      if (isMember) yield* format.decode(input)
      else if (input.held.length === 0) return
      else throw await trailing(input, format)
    }
  } finally {
    await input.close()
  }
}

async function headBehindPadding(input: ChunkInput): Promise<Uint8Array> {
  while ((await input.fill(1)) > 0) {
    const position = input.held.findIndex(byte => byte !== 0)
    input.take(position < 0 ? input.held.length : position)
    if (position >= 0) break
  }
  await input.fill(4)
  return input.held.subarray(0, 4)
}

async function trailing(input: ChunkInput, { name, member }: MemberFormat): Promise<LabError> {
  const start = input.offset
  while ((await input.takeChunk()) !== undefined);
  const count = input.offset - start
  const [bytes, begin] = count === 1 ? ['byte', 'begins'] : ['bytes', 'begin']
  return new LabError(
    'corrupt',
    `${name}: byte ${start}: ${count} ${bytes} that ${begin} no ${member} follow the last one`,
  )
}
