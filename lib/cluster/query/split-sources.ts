import { memorySource } from '../../model/memory-source.ts'
import type { Portion, Portions, ScanRequest, SpanSource } from '../../model/scan.ts'
import { weightedSource } from '../../sampling/weights.ts'
import { joinSources } from '../../search/join-sources.ts'
import { type PortionSizes, portionsOf, type SourcePortion } from '../../search/portions.ts'
import type { Asking } from '../../serve/api/answer.ts'
import type { ClusterSources, FoundSources } from './cluster-sources.ts'
import type { Dispatcher } from './dispatcher.ts'
import { type Job, type JobPortion, jobPortion } from './job.ts'
import type { RemoteQuerier } from './remote-querier.ts'

export interface SplitConfig {
  /** What a job reads at most, but for that of one page group: `query_frontend.search.target_bytes_per_job`. */
  readonly targetJobBytes: number
  /** Jobs of one query under way, for each querier. */
  readonly jobsPerQuerier: number
  /** And of all queriers together. */
  readonly maxJobs: number
  /** A job ends after so long. */
  readonly timeoutMillis: number
}

export const defaultSplit: SplitConfig = {
  targetJobBytes: 100 * 2 ** 20,
  jobsPerQuerier: 4,
  maxJobs: 1_000,
  timeoutMillis: 60_000,
}

export interface SplitParts {
  readonly sources: ClusterSources
  readonly dispatcher: Dispatcher
  /** Those that live. */
  queriers(): Promise<readonly RemoteQuerier[]>
}

/** All spans of tenants, of which queriers answer for parts. */
export class SplitSources {
  readonly #parts: SplitParts
  readonly #config: SplitConfig

  constructor(parts: SplitParts, config: SplitConfig) {
    this.#parts = parts
    this.#config = config
  }

  async source(tenants: readonly string[], asking: Asking): Promise<SpanSource> {
    const { sources, queriers } = this.#parts
    const [found, members] = await Promise.all([sources.find(tenants, asking), queriers()])
    if (found.sources.length === 0) return { ...memorySource([]), missing: found.missing }
    const portions = members.length === 0 ? undefined : this.#portions(found, members)
    return { ...weightedSource(joinSources(found.sources)), missing: found.missing, portions }
  }

  #portions({ sources, places }: FoundSources, queriers: readonly RemoteQuerier[]): Portions {
    const { targetJobBytes, jobsPerQuerier, maxJobs } = this.#config
    const placeOf = new Map(sources.map((source, i) => [source, places[i]!]))
    return {
      width: Math.min(maxJobs, queriers.length * jobsPerQuerier),
      list: async (request, limits) => {
        const bytesOf = (own: readonly SpanSource[]) =>
          own.reduce((sum, source) => sum + source.cost(request).byteLength, 0)
        const sizes = {
          mayJoin: own => bytesOf(own) <= targetJobBytes,
          partBytes: targetJobBytes,
        } satisfies PortionSizes
        const all = await portionsOf(sources, sizes, limits)
        const asked = all.filter(portion => mayHave(portion, request))
        return asked.map(portion =>
          this.#portion(
            jobPortion(portion, source => placeOf.get(source)!),
            queriers,
          ),
        )
      },
    }
  }

  #portion(portion: JobPortion, queriers: readonly RemoteQuerier[]): Portion {
    const { timeoutMillis } = this.#config
    return {
      ask: async (work, { signal = new AbortController().signal, budget }) => {
        const job: Job = { work, portion, maxBytes: budget?.maxBytes ?? Number.MAX_SAFE_INTEGER, timeoutMillis }
        const { results, spentBytes } = await this.#parts.dispatcher.run(job, queriers, signal)
        budget?.spend(spentBytes)
        return results
      },
    }
  }
}

/** False where no span of a portion starts in the time that is asked for. */
function mayHave(portion: SourcePortion, request: ScanRequest): boolean {
  if (portion.kind === 'shared') return true
  const { sources, within } = portion
  return sources.some(source => source.cost({ ...request, within }).spanCount > 0)
}
