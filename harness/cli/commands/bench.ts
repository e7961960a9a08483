import type { CommandModule } from 'yargs'
import { blocks } from './bench-blocks.ts'
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
      .demandCommand(1, 'bench: say which: scale, kernels, blocks, queries, loss, tiers, sampling or serve'),
  handler: () => {},
}
