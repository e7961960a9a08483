import type { CommandModule } from 'yargs'
import { asVariant, type Discovered, discoverPhases, variantsOf } from '../../lab/discover.ts'
import { classify } from '../../lab/rows.ts'
import type { Page } from '../../text/page.ts'
import { tableOf, text } from '../../text/table.ts'
import { show, type TableArguments, tableFlag, tableFormatOf } from '../show.ts'

export const list: CommandModule<object, TableArguments> = {
  command: 'list',
  describe: 'List the phases: what they claim to keep, their variants, their ideas',
  builder: yargs => yargs.options(tableFlag),
  handler: async args => {
    const format = tableFormatOf(args)
    const discovered = await discoverPhases()
    show({ page: () => (format === 'table' ? discovered.map(describe) : pageOf(discovered)) }, format)
    if (discovered.some(({ problem }) => problem)) process.exitCode = 1
  },
}

/** Two lines: the phase with its claim, and its idea or what is wrong with it. */
function describe(found: Discovered): string {
  const { number, slug, phase, problem } = found
  if (!phase) return `${number}  ${slug.padEnd(24)} PROBLEM\n    ${problem ?? ''}`
  const claim = classify(phase.fidelity).padEnd(10)
  return `${number}  ${phase.title.padEnd(24)} ${claim} ${namesOf(found).join(', ')}\n    ${phase.idea}`
}

function pageOf(discovered: readonly Discovered[]): Page {
  const table = tableOf(discovered, [
    text('number', ({ number }) => number),
    text('title', ({ phase, slug }) => phase?.title ?? slug),
    text('claim', ({ phase }) => (phase ? classify(phase.fidelity) : 'PROBLEM')),
    text('variants', namesOf),
    text('idea', ({ phase, problem }) => phase?.idea ?? problem ?? null),
  ])
  return [table]
}

/** The variants, with what they claim where that is not what the phase does. */
function namesOf({ phase }: Discovered): string[] {
  if (!phase) return []
  return variantsOf(phase).map(([name]) => {
    const claim = classify(asVariant(phase, name).fidelity)
    return claim === classify(phase.fidelity) || claim === name ? name : `${name} (${claim})`
  })
}
