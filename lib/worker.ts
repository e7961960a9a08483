/** What a worker thread runs: the tasks of the library, by name. */

import { serve } from './workers/serve.ts'
import type { AnyWork } from './workers/task.ts'

const search = () => import('./search/shared-work.ts')

serve({
  'compact blockpack': async () => (await import('./formats/blockpack/compact-in-thread.ts')).compactThere as AnyWork,
  'encode batches': async () => (await import('./import/batch-work.ts')).encodeReceived as AnyWork,
  'encode blockpack': async () =>
    (await import('./formats/blockpack/write/encode-row-groups.ts')).encodeStep as AnyWork,
  'read OTLP protobuf': async () => (await import('./formats/otlp/proto-workers.ts')).readGroups as AnyWork,
  metrics: async () => (await search()).gatherShared as AnyWork,
  search: async () => (await search()).searchShared as AnyWork,
})
