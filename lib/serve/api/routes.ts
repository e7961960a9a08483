import type { Route } from './route.ts'
import { extent } from './routes/extent.ts'
import { queryInstantRoute, queryRangeRoute } from './routes/metrics.ts'
import { search } from './routes/search.ts'
import { serviceGraphRoute } from './routes/service-graph.ts'
import { tagValues, tagValuesV2 } from './routes/tag-values.ts'
import { tags, tagsV2 } from './routes/tags.ts'
import { traceV1, traceV2 } from './routes/traces.ts'

/** What Grafana's data source asks of Tempo, and what our page asks beside it. */
export const routes: readonly Route[] = [
  search,
  tags,
  tagsV2,
  tagValues,
  tagValuesV2,
  traceV1,
  traceV2,
  queryRangeRoute,
  queryInstantRoute,
  serviceGraphRoute,
  extent,
]
