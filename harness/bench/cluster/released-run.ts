import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LabError } from '../../../lib/error.ts'
import { root } from '../../compile/compiled.ts'
import type { ClusterRun } from '../../runs/cluster-bench-schema.ts'
import { runIn } from './rates.ts'

/** The run of blockpack that this release comes with, by whose rates a cluster is planned: the newest in results/runs. */
export function releasedRun(): ClusterRun {
  const folder = join(root, 'results/runs')
  const name = readdirSync(folder).findLast(own => own.endsWith('-cluster.json'))
  if (name === undefined) throw new LabError('missing', `${folder}: has no run of \`bench cluster\``)
  return runIn(readFileSync(join(folder, name), 'utf8'), `results/runs/${name}`)
}
