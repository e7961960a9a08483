import type { MetricsPipeline } from '../language/ast.ts'
import { printMetrics } from '../language/print.ts'

/** The same text for pipelines that gather the same: a query of its own. */
export function pipelineKey(node: MetricsPipeline): string {
  return printMetrics({ ...node, stages: [] })
}
