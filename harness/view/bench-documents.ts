import type { Bench } from '../runs/measurement-schema.ts'
import { clusterDocument } from './cluster-bench.ts'
import type { Document } from './document.ts'
import { lossCurveDocument } from './loss-curve.ts'
import { queriesDocument } from './queries/report.ts'
import { scaleDocument } from './scale.ts'
import { serveDocument } from './serve-bench.ts'

/** The committed page of a bench. */
export function benchDocument(bench: Bench): Document {
  switch (bench.kind) {
    case 'queries':
      return queriesDocument(bench)
    case 'scale':
      return scaleDocument(bench)
    case 'loss':
      return lossCurveDocument(bench)
    case 'serve':
      return serveDocument(bench)
    case 'cluster':
      return clusterDocument(bench)
  }
}
