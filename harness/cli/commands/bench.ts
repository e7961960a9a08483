import type { CommandModule } from 'yargs'
import { blocks } from './bench-blocks.ts'
import { kernels } from './bench-kernels.ts'
import { queries } from './bench-queries.ts'
import { scale } from './bench-scale.ts'

export const bench: CommandModule = {
  command: 'bench <what>',
  describe: 'Measure curves, and what queries cost',
  builder: yargs =>
    yargs
      .command(scale)
      .command(kernels)
      .command(blocks)
      .command(queries)
      .demandCommand(1, 'bench: say which: scale, kernels, blocks or queries'),
  handler: () => {},
}
