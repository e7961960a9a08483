import type { SetDraft } from './draft.ts'
import { many, shop, ticks } from './generated.ts'
import { events, gaps, ids, numbers, odd, pieces, repeats, roots, trees } from './shapes.ts'
import { arrays, keywords, names, scopes, times, values } from './values.ts'

/** All sets of data by the names under which cases ask for them. */
export const sets: Readonly<Record<string, SetDraft>> = {
  ...{ values, arrays, scopes, names, keywords, times },
  ...{ trees, odd, gaps, events, numbers, roots, ids, pieces, repeats },
  ...{ shop, many, ticks },
}
