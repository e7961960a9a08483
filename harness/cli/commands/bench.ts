import type { CommandModule } from 'yargs'
import { blocks } from './bench-blocks.ts'
import { cluster } from './bench-cluster.ts'
import { kernels } from './bench-kernels.ts'
import { loss } from './bench-loss.ts'
import { queries } from './bench-queries.ts'
import { sampling } from './bench-sampling.ts'
import { scale } from './bench-scale.ts'
import { serve } from './bench-serve.ts'
import { tiers } from './bench-tiers.ts'

export const bench: CommandModule = {
  command: 'bench <what>',
  describe: 'Measure curves, and what queries cost',
  builder: yargs =>
    yargs
      .command(scale)
      .command(kernels)
      .command(blocks)
      .command(queries)
      .command(loss)
      .command(tiers)
      .command(sampling)
      .command(serve)
      .command(cluster)
      .demandCommand(1, 'bench: say which: scale, kernels, blocks, queries, loss, tiers, sampling, serve or cluster'),
  handler: () => {},
}
