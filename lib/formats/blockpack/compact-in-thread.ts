import type { ByteSink, Range } from '../../bytes/range.ts'
import { parcelOf } from '../../workers/message.ts'
import type { WorkerPool } from '../../workers/pool.ts'
import type { Shared, Task, WorkOf } from '../../workers/task.ts'
import { type Compacted, type CompactInput, compactBlockpack } from './compact.ts'
import type { BlockpackConfig } from './write/config.ts'

interface Job {
  readonly files: readonly { readonly name: string; readonly byteLength: number }[]
  readonly config: BlockpackConfig
}

/** What the thread asks of who reads and writes for it: ranges of a file, or to write what comes next. */
type Question = { readonly file: number; readonly ranges: readonly Range[] } | { readonly chunk: Uint8Array }

type Access = Shared<undefined, Question, readonly Uint8Array[]>

const compactTask: Task<Job, [Access], Compacted> = { name: 'compact blockpack' }

/** What `compactBlockpack` does, in a thread of the pool: this one only reads and writes. The bytes are the same. */
export function compactInThread(
  inputs: readonly CompactInput[],
  sink: ByteSink,
  config: BlockpackConfig,
  workers: WorkerPool,
): Promise<Compacted> {
  const access: Access = {
    content: undefined,
    answer: async question => {
      if ('ranges' in question) return parcelOf(await inputs[question.file]!.file.read(question.ranges))
      await sink.write(question.chunk)
      return { value: [] }
    },
  }
  const files = inputs.map(({ name, file: { byteLength } }) => ({ name, byteLength }))
  return workers.run(compactTask, { value: { files, config } }, access)
}

export const compactThere: WorkOf<typeof compactTask> = async ({ files, config }, access) => {
  const inputs = files.map(({ name, byteLength }, file) => ({
    name,
    file: { byteLength, read: async (ranges: readonly Range[]) => [...(await access.ask({ file, ranges }))] },
  }))
  // A copy: a view would be sent with all of its buffer.
  const write = async (chunk: Uint8Array) => void (await access.ask({ chunk: new Uint8Array(chunk) }))
  return { value: await compactBlockpack(inputs, { write }, config) }
}
