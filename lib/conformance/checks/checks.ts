import { LabError } from '../../error.ts'
import type { SetDraft } from '../data/draft.ts'
import { type Check, type CheckMaker, differing } from './check.ts'
import { fieldCheck, typeCheck } from './fields.ts'
import { exemplarsCheck, seriesCheck, valueCheck } from './series.ts'
import { setsCheck, showCheck, spansCheck, tracesCheck } from './spans.ts'
import { namesCheck, valuesCheck } from './tags.ts'
import { wholeCheck } from './whole.ts'

const makers: Readonly<Record<string, CheckMaker>> = {
  spans: spansCheck,
  set: setsCheck,
  show: showCheck,
  traces: tracesCheck('traces'),
  order: tracesCheck('order'),
  count: tracesCheck('count'),
  series: seriesCheck('series'),
  among: seriesCheck('among'),
  value: valueCheck,
  exemplars: exemplarsCheck,
  tags: namesCheck('tags'),
  has: namesCheck('has'),
  lacks: namesCheck('lacks'),
  values: valuesCheck,
  field: fieldCheck,
  type: typeCheck,
  whole: wholeCheck,
  // The verdict looks at these first.
  status: () => () => undefined,
  error: () => () => undefined,
  content: words => judged => differing(words, judged.response.contentType),
  body: words => judged => differing(words, judged.response.body.toString().trim()),
}

/** Kinds of which all lines together are the answer. */
const joined = new Set(['set', 'series', 'among', 'value'])

/** What lines of a case, each a kind and its words, ask for. */
export function parseChecks(lines: readonly (readonly [kind: string, words: string])[], draft: SetDraft): Check[] {
  const groups: [kind: string, words: string][] = []
  for (const [kind, words] of lines) {
    const known = joined.has(kind) ? groups.find(group => group[0] === kind) : undefined
    if (known === undefined) groups.push([kind, words])
    else known[1] += `\n${words}`
  }
  return groups.map(([kind, text]) => {
    const make = makers[kind]
    if (make === undefined) throw new LabError('invalid', `${kind}: expected one of ${Object.keys(makers).join(', ')}`)
    return { kind, text, differs: make(text, draft) }
  })
}
